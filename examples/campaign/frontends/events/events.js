/** `/events/` is the list, `/events/<id>` one event: this page is served for both. */
import { part } from '/assets/element.js';
import { showEvent } from './event.js';
import { showList } from './list.js';

const id = location.pathname.replace(/^\/events\/?/, '').replace(/\/$/, '');
if (id === '') {
  part('list').hidden = false;
  showList();
} else {
  part('event').hidden = false;
  showEvent(id);
}
