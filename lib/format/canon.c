#include "format/canon.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "base/utf8.h"

static void
add_text(struct gv_buf *out, const char *text)
{
	size_t len = strlen(text), n;
	uint32_t c;

	gv_buf_addch(out, '"');
	for (; len; text += n, len -= n) {
		n = gv_utf8_next(&c, text, len);
		if (n == 0) {
			gv_buf_addstr(out, "\357\277\275");
			n = 1;
		} else if (c == '"' || c == '\\') {
			gv_buf_addch(out, '\\');
			gv_buf_addch(out, (char)c);
		} else if (c < ' ') {
			gv_buf_addf(out, "\\u%04x", (unsigned)c);
		} else {
			gv_buf_add(out, text, n);
		}
	}
	gv_buf_addch(out, '"');
}

/* What stands before a value. */
static void
begin(struct gv_canon *c, const char *key)
{
	if (c->comma)
		gv_buf_addch(c->out, ',');
	c->comma = true;
	if (key == NULL)
		return;
	assert(c->depth && c->closing[c->depth - 1] == '}');
	assert(c->last[c->depth - 1] == NULL ||
	    strcmp(c->last[c->depth - 1], key) < 0);
	c->last[c->depth - 1] = key;
	add_text(c->out, key);
	gv_buf_addch(c->out, ':');
}

static void
open_level(struct gv_canon *c, const char *key, char opening, char closing)
{
	begin(c, key);
	assert(c->depth < GV_CANON_DEPTH);
	gv_buf_addch(c->out, opening);
	c->last[c->depth] = NULL;
	c->closing[c->depth++] = closing;
	c->comma = false;
}

void
gv_canon_map(struct gv_canon *c, const char *key)
{
	open_level(c, key, '{', '}');
}

void
gv_canon_list(struct gv_canon *c, const char *key)
{
	open_level(c, key, '[', ']');
}

void
gv_canon_end(struct gv_canon *c)
{
	assert(c->depth);
	gv_buf_addch(c->out, c->closing[--c->depth]);
	c->comma = true;
}

void
gv_canon_text(struct gv_canon *c, const char *key, const char *text)
{
	begin(c, key);
	if (text)
		add_text(c->out, text);
	else
		gv_buf_addstr(c->out, "null");
}

void
gv_canon_number(struct gv_canon *c, const char *key, uint64_t number)
{
	begin(c, key);
	gv_buf_addf(c->out, "%" PRIu64, number);
}

void
gv_canon_bool(struct gv_canon *c, const char *key, bool value)
{
	begin(c, key);
	gv_buf_addstr(c->out, value ? "true" : "false");
}

void
gv_canon_null(struct gv_canon *c, const char *key)
{
	begin(c, key);
	gv_buf_addstr(c->out, "null");
}

void
gv_canon_time(struct gv_canon *c, const char *key, int64_t seconds)
{
	char text[GV_TIME_MAX];

	gv_time_rfc3339(text, seconds);
	gv_canon_text(c, key, text);
}
