#include "infra/product.h"

#include <string.h>

#include "infra/product_internal.h"

/* gv_product_rows: made of product.tsv when git-vault is built */
#include "infra/product_table.h"

/* One name against one of the table, which may have '*' at an end. */
static bool
is_named(const char *want, size_t want_len, const char *name, size_t len)
{
	if (*want == '*')
		return want_len - 1 <= len &&
		    memcmp(name + len - (want_len - 1), want + 1,
			want_len - 1) == 0;
	if (want[want_len - 1] == '*')
		return want_len - 1 <= len &&
		    memcmp(name, want, want_len - 1) == 0;
	return want_len == len && memcmp(name, want, len) == 0;
}

/* The last component of the path, and the end of the one before it. */
struct place {
	const char *name, *above;
	size_t name_len, above_len;
};

static struct place
place_of(const char *path, size_t len)
{
	struct place at = { path, NULL, len, 0 };
	size_t i = len;

	while (i > 0 && path[i - 1] != '/')
		i--;
	at.name = path + i;
	at.name_len = len - i;
	if (i == 0)
		return at;
	len = --i;
	while (i > 0 && path[i - 1] != '/')
		i--;
	at.above = path + i;
	at.above_len = len - i;
	return at;
}

static bool
is_folder(const struct gv_product_row *row, const struct place *at)
{
	const char *slash = memchr(row->folder, '/', row->len);
	size_t n = slash ? (size_t)(slash - row->folder) : 0;

	if (slash == NULL)
		return is_named(row->folder, row->len, at->name, at->name_len);
	return is_named(slash + 1, row->len - n - 1, at->name, at->name_len) &&
	    at->above && n == at->above_len &&
	    memcmp(at->above, row->folder, n) == 0;
}

/* Whether one of the row's marks is where it must be; `up` is where those
 * without "../" are. */
static bool
is_marked(const struct gv_product_row *row, const struct gv_product_ask *ask,
    unsigned up)
{
	const char *mark;

	for (mark = row->marks; *mark; mark += strlen(mark) + 1) {
		bool above = strncmp(mark, "../", 3) == 0;

		if (ask->has &&
		    ask->has(ask->ctx, up + above, above ? mark + 3 : mark))
			return true;
	}
	return false;
}

const char *
gv_product_rule(const char *path, size_t len, const struct gv_product_ask *ask)
{
	const struct place at = place_of(path, len);
	const struct gv_product_row *row;

	for (row = gv_product_rows; at.name_len && row->folder; row++) {
		if (row->proof == GV_PRODUCT_INSIDE ||
		    (row->proof != GV_PRODUCT_NAME && !ask->ignored) ||
		    !is_folder(row, &at))
			continue;
		if (row->proof != GV_PRODUCT_BESIDE || is_marked(row, ask, 1))
			return row->rule;
	}
	return NULL;
}

const char *
gv_product_rule_inside(
    const char *path, size_t len, const struct gv_product_ask *ask)
{
	const struct place at = place_of(path, len);
	const struct gv_product_row *row;

	for (row = gv_product_rows; at.name_len && row->folder; row++)
		if (row->proof == GV_PRODUCT_INSIDE && is_folder(row, &at) &&
		    is_marked(row, ask, 0))
			return row->rule;
	return NULL;
}

const char *
gv_product_file_rule(const char *path, size_t len)
{
	static const struct {
		const char *suffix, *rule;
	} rows[] = {
		{ "*.pyc", "compiled code" },
		{ "*.pyo", "compiled code" },
		{ "*.class", "compiled code" },
		{ "*.o", "compiled code" },
		{ "*.tfstate.lock.info", "lock of a running tool" },
		{ "*.pid", "lock of a running tool" },
	};
	const struct place at = place_of(path, len);
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (is_named(rows[i].suffix, strlen(rows[i].suffix), at.name,
			at.name_len))
			return rows[i].rule;
	return NULL;
}
