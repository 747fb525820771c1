// Fields that were left empty stay out of the address, so that it is short enough to share.
for (const form of document.querySelectorAll("form[data-omit-empty]")) {
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) {
      if (value === "") event.formData.delete(name);
    }
  });
}
