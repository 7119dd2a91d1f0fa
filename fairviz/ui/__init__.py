"""The pages. Only this package and app.py know Streamlit; pages start work and read results."""
