/**
 * The header and footer of every page, written once. A classic script in the head: the elements are
 * known before the parser meets them, so they are drawn with the page and nothing moves.
 */
{
  const links = [
    ['/events/', 'Events'],
    ['/vote/', 'Where to vote'],
    ['/volunteer/', 'Volunteer'],
  ];

  const listLinks = (here) =>
    links
      .map(([path, name]) => {
        const current = path === here ? ' aria-current="page"' : '';
        return `<a href="${path}"${current}>${name}</a>`;
      })
      .join('');

  customElements.define(
    'campaign-header',
    class extends HTMLElement {
      connectedCallback() {
        const here = this.getAttribute('here') ?? '';
        const home = here === '/' ? ' aria-current="page"' : '';
        this.insertAdjacentHTML(
          'afterbegin',
          `<a class="skip" href="#main">Skip to the content</a>
           <header class="wrap">
             <a class="brand" href="/"${home}>
               <img src="/assets/icon.svg" alt="" width="34" height="34">
               <b>Marlowe <span>for Governor</span></b>
             </a>
             <nav class="links" aria-label="Main">${listLinks(here)}</nav>
             <a class="button compact" href="/donate/">Donate</a>
           </header>`,
        );
      }
    },
  );

  customElements.define(
    'campaign-footer',
    class extends HTMLElement {
      connectedCallback() {
        this.insertAdjacentHTML(
          'afterbegin',
          `<footer class="wrap">
             <p><strong>Marlowe for Governor</strong> Paid for by Friends of Rosa Marlowe.
               A made-up campaign, the example site that comes with Turnout: no money changes hands,
               and nobody is called.</p>
             <ul class="bare">
               <li><a href="/#plan">The plan</a></li>
               <li><a href="/events/">Events</a></li>
               <li><a href="/vote/">Where to vote</a></li>
               <li><a href="/volunteer/">Volunteer</a></li>
               <li><a href="/donate/">Donate</a></li>
             </ul>
           </footer>`,
        );
      }
    },
  );
}
