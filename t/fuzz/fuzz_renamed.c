/* A name, what a text was and what it became, each behind a line's end: a new
 * name is a word of the new text. */
#include "fuzz.h"

#include <string.h>

#include "search/renamed.h"
#include "search/sought.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data, *end;
	struct gv_sought sought;
	char name[64];
	size_t at, n, old;

	end = len ? memchr(text, '\n', len) : NULL;
	if (end == NULL || end == text || (size_t)(end - text) >= sizeof(name))
		return 0;
	memcpy(name, text, (size_t)(end - text));
	name[end - text] = '\0';
	if (gv_sought_init(&sought, name, 0) == 0) {
		text = end + 1;
		len -= (size_t)(text - (const char *)data);
		old = len / 2;
		n = gv_renamed_find(
		    &at, &sought, text, old, text + old, len - old);
		must(n == 0 || at + n <= len - old);
		must(n == 0 || memchr(text + old + at, '\n', n) == NULL);
	}
	gv_sought_release(&sought);
	return 0;
}
