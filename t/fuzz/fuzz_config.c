/*
 * What `git config --list -z --show-scope` may print: read without going
 * astray, every entry within the bytes that were given.
 */
#include "fuzz.h"

#include "repo/config.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_config c;
	char *text = malloc(len + 1);
	size_t i;

	if (text == NULL)
		abort();
	if (len)
		memcpy(text, data, len);
	text[len] = '\0';
	if (gv_config_parse(&c, text, len, false) < 0)
		return 0;
	for (i = 0; i < c.n; i++) {
		const struct gv_config_entry *e = &c.entries[i];

		if (e->key < c.text || e->key >= c.text + len)
			abort();
		if (gv_config_get(&c, e->key) == NULL)
			abort();
		gv_config_bool(&c, e->key, false);
		gv_config_int(&c, e->key, 0);
	}
	gv_config_release(&c);
	return 0;
}
