const data = JSON.parse(document.getElementById("data").textContent);
const dial = document.getElementById("dial");
const views = {};

function say(stop) {
  document.getElementById("price").textContent = stop.price;
  document.getElementById("meaning").textContent = stop.meaning;
  dial.setAttribute("aria-valuetext", stop.price);
  document.getElementById("said").replaceChildren(...stop.said.map((text) => {
    const line = document.createElement("p");
    line.textContent = text;
    return line;
  }));
}

function show() {
  const stop = data.stops[Number(dial.value)];
  say(stop);
  for (const [name, view] of Object.entries(views)) {
    for (const [frame, rows] of Object.entries(stop.frames[name])) view.data(frame, rows);
    view.runAsync();
  }
}

dial.addEventListener("input", show);
show();
for (const [name, spec] of Object.entries(data.specs)) {
  // expressions are read by an interpreter: the page's policy lets nothing be compiled
  window.vegaEmbed(`#${name}`, spec, {actions: false, renderer: "svg", ast: true}).then((made) => {
    // the element around it says what the chart shows
    document.querySelector(`#${name} svg`).setAttribute("aria-hidden", "true");
    views[name] = made.view;
    show();
  });
}
