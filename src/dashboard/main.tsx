/** Where the page begins. */
import { render } from "preact";

const root = document.getElementById("page");
if (root !== null) render(<h1>Argus</h1>, root);
