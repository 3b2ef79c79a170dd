// Forms that a passkey answers: <form data-passkey="create|get" data-question="{…}"> with a hidden "credential".
(() => {
  "use strict";
  const isAble = () => window.isSecureContext && Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);

  const answer = async (kind, question) => {
    const { publicKey } = JSON.parse(question);
    const asked = kind === "create"
      ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
      : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
    return JSON.stringify((await asked).toJSON());
  };

  const show = (form, name) => {
    form.querySelectorAll("[data-passkey-note]").forEach((note) => { note.hidden = note.dataset.passkeyNote !== name; });
  };

  // Before anything else that listens: the first submit asks the passkey, the second one is sent.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-passkey]") || form.elements.credential.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.hasAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    show(form, "");
    try {
      form.elements.credential.value = await answer(form.dataset.passkey, form.dataset.question);
    } catch (error) {
      show(form, "failed");
    }
    form.removeAttribute("aria-busy");
    if (form.elements.credential.value) form.requestSubmit();
  }, true);

  // The buttons come switched off: without this script, a form would be sent before a passkey was asked for.
  const prepare = () => {
    document.querySelectorAll("form[data-passkey]").forEach((form) => {
      form.elements.credential.value = "";
      form.querySelector("button[type=submit]").disabled = !isAble();
      if (!isAble()) show(form, "unable");
    });
  };
  prepare();
  // A page that comes back from the browser's memory holds an answer that is used up.
  window.addEventListener("pageshow", (event) => { if (event.persisted) prepare(); });
})();
