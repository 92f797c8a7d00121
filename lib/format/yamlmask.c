#include "format/yamlmask.h"

#include <stdbool.h>

#include "base/err.h"
#include "base/memory.h"

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "|2", ">-1": a block whose indentation is said. */
static bool
is_indent(const char *text, size_t i)
{
	if (i && (text[i - 1] == '-' || text[i - 1] == '+'))
		i--;
	return i && (text[i - 1] == '|' || text[i - 1] == '>');
}

static bool
is_more(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

int
gv_yamlmask_make(struct gv_yamlmask *out, const char *text, size_t len,
    const struct gv_memory *memory)
{
	size_t i;

	*out =
	    (struct gv_yamlmask){ .text = text, .len = len, .memory = memory };
	out->mask = gv_memory_get(memory, len + 1);
	if (out->mask == NULL)
		return GV_ENOMEM;
	for (i = 0; i < len; i++) {
		char c = text[i];

		if (is_more(c))
			continue;
		if (is_letter(c) || (unsigned char)c >= 0x80 ||
		    (is_digit(c) && !is_indent(text, i)))
			c = 'a';
		out->mask[out->n++] = c;
	}
	return 0;
}

size_t
gv_yamlmask_place(struct gv_yamlmask *m, size_t index)
{
	while (m->index < index && m->at < m->len) {
		m->at++;
		while (m->at < m->len && is_more(m->text[m->at]))
			m->at++;
		m->index++;
	}
	return m->at;
}

void
gv_yamlmask_release(struct gv_yamlmask *m)
{
	gv_memory_put(m->memory, m->mask, m->len + 1);
	m->mask = NULL;
}
