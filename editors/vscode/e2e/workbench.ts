// The workbench as a person sees it: what is on the page, and what hands can do there.
import type { Locator, Page } from "playwright-core";
import { until } from "./until.ts";

export class Workbench {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** The workbench of a page, once it is drawn and its extension host answers. */
  static async of(page: Page): Promise<Workbench> {
    await page.locator(".monaco-workbench .statusbar-item").first().waitFor();
    return new Workbench(page);
  }

  /** Runs a command of the palette by its whole title. */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    const input = this.page.locator(".quick-input-widget input.input");
    await input.fill(`>${title}`);
    await this.row(title).click();
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  private row(title: string): Locator {
    return this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: title }).first();
  }

  /** Opens a file of the workspace by its name. */
  async open(name: string): Promise<void> {
    await this.page.keyboard.press("Control+p");
    await this.page.locator(".quick-input-widget input.input").fill(name);
    await this.row(name).click();
    await this.tab(name).waitFor();
  }

  tab(name: string): Locator {
    return this.page.locator(".tabs-container .tab").filter({ hasText: name });
  }

  /** The view container of the extension, shown. */
  async sideBar(): Promise<void> {
    const title = this.page.locator(".sidebar .composite.title").filter({ hasText: "slop-ls" });
    if (!(await title.isVisible())) {
      await this.icon().click();
    }
    await title.waitFor();
  }

  /** A row of a view of the side bar, by how what is read aloud of it begins: "ticket T1", "A2". */
  item(label: string): Locator {
    const rows = [",", " ", ":"].map((end) => `.sidebar .monaco-list-row[aria-label^="${label}${end}"]`);
    return this.page.locator(rows.join());
  }

  /** A button of a view that has nothing to show. */
  welcome(title: string): Locator {
    return this.page.locator(".sidebar .monaco-button").filter({ hasText: title });
  }

  /** Presses a button of an item, which is shown while the pointer is over it. */
  async itemAction(item: string, title: string): Promise<void> {
    await this.item(item).hover();
    await this.item(item).locator(`.action-label[aria-label^="${title}"]`).click();
  }

  /** Picks an entry of an item's menu. */
  async itemMenu(item: string, title: string): Promise<void> {
    await this.item(item).click({ button: "right" });
    const entry = this.page.locator(".monaco-menu .action-item").filter({ hasText: title });
    await entry.waitFor();
    await until(`${title} to be taken`, async () => {
      if (await entry.isVisible()) {
        await entry.click({ timeout: 1000 }); // a menu that has just opened takes no click
      }
      return !(await entry.isVisible());
    });
  }

  /** The number on the extension's icon, once there is one. */
  async badge(): Promise<string> {
    return this.icon().locator(".badge-content:not(:empty)").innerText();
  }

  private icon(): Locator {
    return this.page.locator(".activitybar .action-item").filter({ has: this.page.locator('[aria-label^="slop-ls"]') });
  }

  /** A line that an editor shows, by what it holds. */
  line(text: string): Locator {
    return this.page.locator(".editor-instance .view-line").filter({ hasText: pattern(text) });
  }

  /** Puts the cursor of the active editor; both count from 1. */
  async goTo(line: number, column: number): Promise<void> {
    await this.page.keyboard.press("Control+g");
    await this.page.locator(".quick-input-widget input.input").fill(`:${line}:${column}`);
    await this.page.keyboard.press("Enter");
    await this.status(`Ln ${line}, Col ${column}`).waitFor();
  }

  /** Picks a code action at the cursor. */
  async codeAction(title: string): Promise<void> {
    const action = this.page.locator(".action-widget .monaco-list-row").filter({ hasText: title });
    await this.page.keyboard.press("Control+.");
    await action.click();
  }

  /** A code lens of the active editor. */
  lens(title: string): Locator {
    return this.page.locator(".editor-group-container.active .codelens-decoration a").filter({ hasText: title });
  }

  /** An item of the status bar. */
  status(text: string | RegExp): Locator {
    return this.page.locator(".statusbar-item").filter({ hasText: text });
  }

  /** A button in the title bar of the active editor. */
  titleAction(title: string): Locator {
    return this.page.locator(`.editor-group-container.active .editor-actions .action-label[aria-label^="${title}"]`);
  }

  /** A message at the lower right. */
  toast(text: string | RegExp): Locator {
    return this.page.locator(".notification-toast").filter({ hasText: text });
  }

  /** The warnings and errors that were shown and that nobody has put away, hidden meanwhile or not, without approvals. */
  async warnings(): Promise<string[]> {
    await this.command("Notifications: Show Notifications");
    const center = this.page.locator(".notifications-center");
    await center.waitFor();
    const warning = this.page.locator(".codicon-warning, .codicon-error");
    return center.locator(".notification-list-item").filter({ has: warning, hasNotText: "Review…" }).allInnerTexts();
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}

/** What finds a text in an editor, which draws blanks as ones that do not break. */
function pattern(text: string): RegExp {
  const words = text.split(/\s+/).map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(words.join("\\s+"));
}
