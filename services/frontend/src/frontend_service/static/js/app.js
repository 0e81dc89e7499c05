// Everything the pages do in the browser. Without it they are plain forms and links.
import "./parts/rows.js"; // first: the others look at the list as it has become
import "./parts/appearance.js";
import "./parts/composer.js";
import "./parts/copying.js";
import "./parts/drafts.js";
import "./parts/editing.js";
import "./parts/focus.js";
import "./parts/live.js";
import "./parts/ordering.js";
import "./parts/push.js";
import "./parts/reminders.js";
import "./parts/requests.js";
import "./parts/sheets.js";
import "./parts/shortcuts.js";
import "./parts/talk.js";
import "./parts/toasts.js";
import "./parts/zone.js";
