// A button that prints the page; the style sheet leaves only what belongs on paper.

document.querySelector("[data-print]")?.addEventListener("click", () => print());
