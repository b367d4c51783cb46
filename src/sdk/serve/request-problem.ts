/**
 * What is wrong with a request, to be answered with this status; `serve()` does so where a handler
 * lets it pass.
 */
export class RequestProblem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;

  constructor(status: number, title: string, detail: string) {
    super(`${status} ${title}: ${detail}`);
    this.name = 'RequestProblem';
    this.status = status;
    this.title = title;
    this.detail = detail;
  }
}
