// The workbench as a person sees it: what is on the page, and what hands can do there.
import type { Locator, Page } from "playwright-core";

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
    const icon = this.page.locator(".activitybar .action-item").filter({ has: this.page.locator('[aria-label^="slop-ls"]') });
    if ((await icon.getAttribute("aria-selected")) !== "true") {
      await icon.click();
    }
    await this.page.locator(".sidebar .pane-header").filter({ hasText: "Tracks" }).waitFor();
  }

  /** A row of a view of the side bar. */
  item(text: string): Locator {
    return this.page.locator(".sidebar .monaco-list-row").filter({ hasText: text });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
