// Back to the form with everything still filled in.

document.querySelector("[data-back]")?.addEventListener("click", (event) => {
  if (history.length > 1) {
    event.preventDefault();
    history.back();
  }
});
