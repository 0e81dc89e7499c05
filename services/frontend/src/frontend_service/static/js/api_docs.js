// Shows the description of the API, to try it with the session of this browser.
const place = document.getElementById("api");

window.SwaggerUIBundle({
  url: place.dataset.specification,
  domNode: place,
  deepLinking: true,
  showExtensions: true, // the codes of problems
  validatorUrl: null,
});
