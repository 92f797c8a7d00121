#include "toolstate/state_internal.h"

#include <string.h>

#include "base/err.h"
#include "base/memory.h"
#include "format/yamltext.h"

/*
 * A state in YAML: what tools print in either form. It is read whole, since
 * where a value of it ends only what comes behind tells, and no more than
 * GV_YAMLTEXT_MAX bytes.
 */

/* The indentation of the first line with content. The keys of the document have
 * that indentation, also if it was cut out of another document. */
static size_t
indent_of(const char *p, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (p[i] == '\n')
			n = 0;
		else if (p[i] == ' ')
			n++;
		else if (p[i] == '#' || (p[i] == '-' && n == 0))
			for (n = 0; i + 1 < len && p[i + 1] != '\n'; i++)
				;
		else if (p[i] != '\r')
			return n;
	}
	return 0;
}

/* Whether a line of these begins as one that only such documents have; all
 * other bytes that are no JSON are nobody's. */
bool
gv_state_yaml_is(const char *p, size_t len)
{
	static const char *const words[] = { "apiVersion:", "services:",
		"AWSTemplateFormatVersion:", "Resources:" };
	const char *end = p + len, *line = p;
	size_t indent = indent_of(p, len), i;

	while (line) {
		for (i = 0; i < indent && line < end && *line == ' '; i++)
			line++;
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if ((size_t)(end - line) > strlen(words[i]) &&
			    memcmp(line, words[i], strlen(words[i])) == 0)
				return true;
		}
		line = memchr(line, '\n', (size_t)(end - line));
		line = line ? line + 1 : NULL;
	}
	return false;
}

static int
grow(struct gv_state_yaml *y, const struct gv_memory *memory, size_t cap)
{
	char *text = gv_memory_get(memory, cap);

	if (text == NULL)
		return GV_ENOMEM;
	if (y->len)
		memcpy(text, y->text, y->len);
	gv_memory_put(memory, y->text, y->cap);
	y->text = text;
	y->cap = cap;
	return 0;
}

int
gv_state_yaml_hold(struct gv_state_yaml *y, bool *is_all, size_t max,
    const char *held, size_t n_held, const struct gv_state_source *source)
{
	int64_t n = 1;
	int r = grow(y, source->memory, 2 * n_held + 4096);

	if (r < 0)
		return r;
	memcpy(y->text, held, n_held);
	y->len = n_held;
	while (r == 0 && n > 0 && y->len <= max) {
		if (y->len == y->cap)
			r = grow(y, source->memory, 2 * y->cap);
		if (r == 0)
			n = source->read(
			    source->ctx, y->text + y->len, y->cap - y->len);
		y->len += n > 0 ? (size_t)n : 0;
	}
	*is_all = n == 0;
	return r == 0 && n < 0 ? (int)n : r;
}

int
gv_state_yaml_read(struct gv_state_yaml *y, const char *held, size_t n_held,
    const struct gv_state_source *source)
{
	bool is_all;
	int r = gv_state_yaml_hold(
	    y, &is_all, GV_YAMLTEXT_MAX, held, n_held, source);

	return r < 0
	    ? r
	    : gv_yamltext_read(&y->yaml, y->text, y->len, source->memory);
}

int64_t
gv_state_yaml_give(void *yaml, void *data, size_t len)
{
	struct gv_state_yaml *y = yaml;
	size_t n = y->yaml.len - y->given;

	if (n > len)
		n = len;
	if (n)
		memcpy(data, y->yaml.json + y->given, n);
	y->given += n;
	return (int64_t)n;
}

void
gv_state_yaml_place(struct gv_state_yaml *y, struct gv_jsontext_piece *piece)
{
	const char *json = y->yaml.json + piece->at;
	struct gv_jsontext_token *t = &piece->token;
	size_t end =
	    gv_yamltext_at(&y->yaml, &y->next, (size_t)piece->at + piece->len);

	if (piece->kind == GV_JSONTEXT_PIECE_VALUE ||
	    piece->kind == GV_JSONTEXT_PIECE_OPEN) {
		t->p = json + (t->p - piece->text);
		if (t->has_key)
			t->key = json + (t->key - piece->text);
	}
	piece->text = y->text + y->told;
	piece->len = end > y->told ? end - y->told : 0;
	y->told += piece->len;
}

void
gv_state_yaml_release(struct gv_state_yaml *y, const struct gv_memory *memory)
{
	gv_yamltext_release(&y->yaml);
	gv_memory_put(memory, y->text, y->cap);
	y->text = NULL;
}
