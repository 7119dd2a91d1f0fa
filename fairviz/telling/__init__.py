"""What a setting does, told: numbers for charts, sentences, reports. No Streamlit here."""
