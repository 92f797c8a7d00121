#include "component/component_outside.h"

#include <stdbool.h>
#include <string.h>

static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "abcdefghijklmnopqrstuvwxyz0123456789/_.-";

static bool
is_word(char c)
{
	return c && strchr(word, c);
}

/* What comes behind a key: `": "VALUE"`, ` = VALUE`, `": VALUE`. */
static void
take_value(char out[GV_COMPONENT_WORD], const char *p, const char *end)
{
	size_t n = 0;

	while (p < end && strchr("\": =\t", *p) && *p)
		p++;
	while (n + 1 < GV_COMPONENT_WORD && p + n < end && is_word(p[n]))
		n++;
	if (n == 0)
		return;
	memcpy(out, p, n);
	out[n] = '\0';
}

/* The value of the last place where the key stands alone. */
static void
find_last(
    char out[GV_COMPONENT_WORD], const char *key, const char *text, size_t len)
{
	const size_t n = strlen(key);
	const char *p = text, *const end = text + len;

	while (p < end && (p = memmem(p, (size_t)(end - p), key, n)) != NULL) {
		if ((p == text || !is_word(p[-1])) &&
		    (p + n == end || !is_word(p[n])))
			take_value(out, p + n, end);
		p += n;
	}
}

/* The "stop" of the last "lsn" of pgBackRest, which has times of that name,
 * too: up to the brace that ends it. */
static void
find_stop(char out[GV_COMPONENT_WORD], const char *text, size_t len)
{
	static const char key[] = "\"lsn\"";
	const char *const end = text + len, *at = NULL, *next = text, *brace;

	while (next < end &&
	    (next = memmem(next, (size_t)(end - next), key, sizeof(key) - 1)) !=
		NULL)
		at = next++;
	if (at == NULL)
		return;
	brace = memchr(at, '}', (size_t)(end - at));
	find_last(out, "stop", at, (size_t)((brace ? brace : end) - at));
}

void
gv_component_outside_find(
    struct gv_component_outside *out, const char *text, size_t len)
{
	static const char *const labels[] = { "uuid", "backup_id", "label" };
	static const char *const places[] = { "to_lsn", "innodb_to_lsn",
		"end_lsn" };
	size_t i;

	memset(out, 0, sizeof(*out));
	if (len == 0)
		return;
	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		find_last(out->label, labels[i], text, len);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		find_last(out->lsn, places[i], text, len);
	if (*out->lsn == '\0')
		find_stop(out->lsn, text, len);
}
