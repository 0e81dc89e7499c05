// Copies the files the pages load out of node_modules, each with its licence beside it.
import { cp, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const TARGET = join(HERE, "src", "frontend_service", "static", "vendor");

const FILES = {
  "@fontsource-variable/figtree": {
    "files/figtree-latin-wght-normal.woff2": "figtree/latin.woff2",
    "files/figtree-latin-ext-wght-normal.woff2": "figtree/latin-ext.woff2",
    LICENSE: "figtree/LICENSE",
  },
  "htmx.org": {
    "dist/htmx.min.js": "htmx/htmx.min.js",
    LICENSE: "htmx/LICENSE",
  },
  "swagger-ui-dist": {
    "swagger-ui-bundle.js": "swagger-ui/swagger-ui-bundle.js",
    "swagger-ui-bundle.js.LICENSE.txt": "swagger-ui/swagger-ui-bundle.js.LICENSE.txt",
    "swagger-ui.css": "swagger-ui/swagger-ui.css",
    LICENSE: "swagger-ui/LICENSE",
  },
};

await rm(TARGET, { recursive: true, force: true });
for (const [name, files] of Object.entries(FILES)) {
  for (const [from, to] of Object.entries(files)) {
    await mkdir(dirname(join(TARGET, to)), { recursive: true });
    await cp(join(HERE, "node_modules", name, from), join(TARGET, to));
  }
}
