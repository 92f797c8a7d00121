#include "plan/plan_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/near.h"
#include "base/time.h"
#include "base/vec.h"

#define LIST_MAX 1000 /* texts of one list */

/* ---- faults -------------------------------------------------------------- */

static int
add_fault(struct gv_plan *plan, uint32_t line, uint32_t column, const char *fmt,
    va_list ap)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_plan_fault *fault;
	int r;

	if (plan->n_faults == GV_PLAN_FAULTS_MAX) {
		plan->has_more_faults = true;
		return 0;
	}
	gv_buf_vaddf(&text, fmt, ap);
	if ((r = gv_buf_check(&text)) < 0 ||
	    (r = GV_GROW(plan->faults, plan->n_faults, plan->cap_faults)) < 0)
		goto out;
	fault = &plan->faults[plan->n_faults];
	*fault = (struct gv_plan_fault){ .line = line,
		.column = column,
		.what = gv_arena_copy(&plan->arena, text.p, text.len) };
	if (fault->what)
		plan->n_faults++;
	else
		r = GV_ENOMEM;
out:
	gv_buf_release(&text);
	return r;
}

void
gv_plan_fault_line(
    struct gv_plan *plan, int *r, uint32_t line, const char *fmt, ...)
{
	va_list ap;

	if (*r < 0)
		return;
	va_start(ap, fmt);
	*r = add_fault(plan, line, 1, fmt, ap);
	va_end(ap);
}

void
gv_plan_fault_at(struct gv_plan_reader *rd, uint32_t node, const char *fmt, ...)
{
	const struct gv_doc_node *n = &rd->doc->nodes[node];
	size_t line, column;
	va_list ap;

	if (rd->r < 0)
		return;
	gv_doc_where(rd->doc, n->key_len ? n->key_at : n->at, &line, &column);
	va_start(ap, fmt);
	rd->r = add_fault(rd->plan, (uint32_t)line, (uint32_t)column, fmt, ap);
	va_end(ap);
}

uint32_t
gv_plan_line(const struct gv_plan_reader *rd, uint32_t node)
{
	const struct gv_doc_node *n = &rd->doc->nodes[node];
	size_t line, column;

	gv_doc_where(rd->doc, n->key_len ? n->key_at : n->at, &line, &column);
	return (uint32_t)line;
}

/* ---- values -------------------------------------------------------------- */

const char *
gv_plan_keep(struct gv_plan_reader *rd, const char *p, size_t len)
{
	const char *copy;

	if (rd->r < 0)
		return NULL;
	copy = gv_arena_copy(&rd->plan->arena, p, len);
	if (copy == NULL)
		rd->r = GV_ENOMEM;
	return copy;
}

static const char *
keep_text(struct gv_plan_reader *rd, uint32_t node, bool key)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *copy = NULL;

	if (rd->r < 0)
		return NULL;
	if (key)
		gv_doc_key(&text, rd->doc, node);
	else
		gv_doc_text(&text, rd->doc, node);
	if ((rd->r = gv_buf_check(&text)) < 0)
		goto out;
	if (strlen(text.p) != text.len)
		gv_plan_fault_at(rd, node, "the text has a NUL in it");
	else
		copy = gv_plan_keep(rd, text.p, text.len);
out:
	gv_buf_release(&text);
	return copy;
}

static uint32_t
follow(const struct gv_plan_reader *rd, uint32_t node)
{
	const uint32_t to = gv_doc_follow(rd->doc, node);

	return to == GV_DOC_NONE ? node : to;
}

static bool
is_scalar(const struct gv_plan_reader *rd, uint32_t node)
{
	const struct gv_doc_node *n = &rd->doc->nodes[follow(rd, node)];

	return (n->kind == GV_DOC_SCALAR && n->type != GV_DOC_TYPE_NULL) ||
	    n->kind == GV_DOC_CODE;
}

const char *
gv_plan_text(struct gv_plan_reader *rd, uint32_t node)
{
	if (is_scalar(rd, node))
		return keep_text(rd, follow(rd, node), false);
	gv_plan_fault_at(rd, node, "this has to be a text");
	return NULL;
}

const char *
gv_plan_key(struct gv_plan_reader *rd, uint32_t node)
{
	return keep_text(rd, node, true);
}

bool
gv_plan_is_name(const char *text)
{
	const size_t len = strspn(text,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return len && len <= 64 && text[len] == '\0' && *text != '-';
}

bool
gv_plan_is_environment(const char *text)
{
	const size_t len = strspn(text,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "_-.");

	return len && len <= 64 && text[len] == '\0' && *text != '-' &&
	    *text != '.';
}

const char *
gv_plan_name(struct gv_plan_reader *rd, uint32_t node)
{
	const char *text = gv_plan_text(rd, node);

	if (text == NULL || gv_plan_is_name(text))
		return text;
	gv_plan_fault_at(rd, node,
	    "this is no name: at most 64 letters, digits, '-' and '_', and no "
	    "'-' in front");
	return NULL;
}

int64_t
gv_plan_span(struct gv_plan_reader *rd, uint32_t node)
{
	const char *text = gv_plan_text(rd, node);
	int64_t seconds = 0;

	if (text && gv_time_parse_span(&seconds, text) < 0) {
		gv_plan_fault_at(
		    rd, node, "this is no time; give one such as 90s, 10m, 4h");
		return 0;
	}
	return seconds;
}

unsigned
gv_plan_count(
    struct gv_plan_reader *rd, uint32_t node, unsigned least, unsigned most)
{
	const char *text = gv_plan_text(rd, node);
	char *end;
	unsigned long n;

	if (text == NULL)
		return least;
	n = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && *end == '\0' && n >= least &&
	    n <= most)
		return (unsigned)n;
	gv_plan_fault_at(
	    rd, node, "this has to be a number from %u to %u", least, most);
	return least;
}

bool
gv_plan_bool(struct gv_plan_reader *rd, uint32_t node)
{
	const char *text = gv_plan_text(rd, node);

	if (text && strcmp(text, "true") == 0)
		return true;
	if (text && strcmp(text, "false") != 0)
		gv_plan_fault_at(rd, node, "this has to be true or false");
	return false;
}

static const char **
new_list(struct gv_plan_reader *rd, size_t n)
{
	const char **list;

	if (rd->r < 0)
		return NULL;
	list = gv_arena_alloc(&rd->plan->arena, (n + 1) * sizeof(*list));
	if (list == NULL)
		rd->r = GV_ENOMEM;
	return list;
}

/* How many nodes are in a list or a map; one too many is a fault. */
static size_t
count_in(struct gv_plan_reader *rd, uint32_t node)
{
	uint32_t i = gv_doc_first(rd->doc, node);
	size_t n = 0;

	for (; i != GV_DOC_NONE; i = gv_doc_next(rd->doc, i))
		n++;
	if (n <= LIST_MAX)
		return n;
	gv_plan_fault_at(rd, node, "this has more than %d items", LIST_MAX);
	return 0;
}

const char *const *
gv_plan_list(struct gv_plan_reader *rd, uint32_t node)
{
	const uint32_t at = follow(rd, node);
	const char **list;
	uint32_t i;
	size_t n = 0, most = 1;

	if (rd->doc->nodes[at].kind == GV_DOC_LIST)
		most = count_in(rd, at);
	else if (!is_scalar(rd, node)) {
		gv_plan_fault_at(rd, node, "this has to be a list of texts");
		return NULL;
	}
	if ((list = new_list(rd, most)) == NULL)
		return NULL;
	if (rd->doc->nodes[at].kind != GV_DOC_LIST) {
		list[0] = gv_plan_text(rd, node);
		return list[0] ? list : NULL;
	}
	i = gv_doc_first(rd->doc, at);
	for (; n < most && i != GV_DOC_NONE; i = gv_doc_next(rd->doc, i))
		if ((list[n] = gv_plan_text(rd, i)) != NULL)
			n++;
	return list;
}

int
gv_plan_choice(struct gv_plan_reader *rd, uint32_t node,
    const char *const *choices, const char *what)
{
	const char *text = gv_plan_text(rd, node);
	struct gv_near near;
	int i;

	if (text == NULL)
		return -1;
	near = gv_near_to(text, strlen(text));
	for (i = 0; choices[i]; i++) {
		if (strcmp(choices[i], text) == 0)
			return i;
		(void)gv_near_add(&near, choices[i], strlen(choices[i]));
	}
	if (near.name)
		gv_plan_fault_at(rd, node, "unknown %s; did you mean '%s'?",
		    what, near.name);
	else
		gv_plan_fault_at(rd, node, "unknown %s", what);
	return -1;
}

bool
gv_plan_is_map(struct gv_plan_reader *rd, uint32_t node, const char *what)
{
	const uint32_t at = follow(rd, node);

	if (rd->doc->nodes[at].kind == GV_DOC_MAP)
		return true;
	gv_plan_fault_at(rd, node, "%s has to be a map", what);
	return false;
}

const char *const *
gv_plan_pairs(struct gv_plan_reader *rd, uint32_t node)
{
	const uint32_t at = follow(rd, node);
	struct gv_buf pair = GV_BUF_INIT;
	const char **list, *name, *value;
	uint32_t i;
	size_t n = 0, most;

	if (!gv_plan_is_map(rd, node, "this"))
		return NULL;
	most = count_in(rd, at);
	if ((list = new_list(rd, most)) == NULL)
		return NULL;
	i = gv_doc_first(rd->doc, at);
	for (; n < most && i != GV_DOC_NONE; i = gv_doc_next(rd->doc, i)) {
		name = gv_plan_key(rd, i);
		value = gv_plan_text(rd, i);
		if (name == NULL || value == NULL)
			continue;
		if (!gv_plan_is_name(name)) {
			gv_plan_fault_at(rd, i, "this is no name");
			continue;
		}
		gv_buf_reset(&pair);
		gv_buf_addf(&pair, "%s=%s", name, value);
		if ((rd->r = gv_buf_check(&pair)) < 0)
			break;
		list[n++] = gv_plan_keep(rd, pair.p, pair.len);
	}
	gv_buf_release(&pair);
	return list;
}

/* ---- maps ---------------------------------------------------------------- */

static void
read_field(struct gv_plan_reader *rd, uint32_t node, const char *what,
    const struct gv_plan_field *fields, uint64_t *seen, void *to)
{
	const char *key = gv_plan_key(rd, node);
	struct gv_near near;
	unsigned i;

	if (key == NULL)
		return;
	near = gv_near_to(key, strlen(key));
	for (i = 0; fields[i].key; i++) {
		if (strcmp(fields[i].key, key) != 0) {
			(void)gv_near_add(
			    &near, fields[i].key, strlen(fields[i].key));
			continue;
		}
		if (*seen & (uint64_t)1 << i)
			gv_plan_fault_at(rd, node, "%s stands twice", key);
		*seen |= (uint64_t)1 << i;
		fields[i].read(rd, node, to);
		return;
	}
	if (near.name)
		gv_plan_fault_at(rd, node,
		    "%s has no such key; did you mean '%s'?", what, near.name);
	else
		gv_plan_fault_at(rd, node, "%s has no such key", what);
}

void
gv_plan_fields(struct gv_plan_reader *rd, uint32_t map, const char *what,
    const struct gv_plan_field *fields, void *to)
{
	const uint32_t at = follow(rd, map);
	uint64_t seen = 0;
	uint32_t i;

	if (!gv_plan_is_map(rd, map, what))
		return;
	i = gv_doc_first(rd->doc, at);
	for (; rd->r == 0 && i != GV_DOC_NONE; i = gv_doc_next(rd->doc, i))
		read_field(rd, i, what, fields, &seen, to);
}
