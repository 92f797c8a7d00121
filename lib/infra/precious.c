#include "infra/precious.h"

#include <string.h>

#include "base/glob.h"
#include "infra/precious_internal.h"

static size_t
name_at(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len;
}

static bool
has_suffix(const char *s, size_t len, const char *suffix, size_t suffix_len)
{
	/* the last byte first: it tells most of them apart */
	return suffix_len <= len && s[len - 1] == suffix[suffix_len - 1] &&
	    memcmp(s + len - suffix_len, suffix, suffix_len) == 0;
}

static bool
has_prefix(const char *s, size_t len, const char *prefix, size_t prefix_len)
{
	return prefix_len <= len && s[0] == prefix[0] &&
	    memcmp(s, prefix, prefix_len) == 0;
}

static const char *
find_name(const struct gv_precious_row *row, const char *name, size_t len)
{
	for (; row->text; row++)
		if (row->len == len && has_prefix(name, len, row->text, len))
			return row->rule;
	return NULL;
}

static const char *
find_suffix(const struct gv_precious_row *row, const char *name, size_t len)
{
	for (; row->text; row++)
		if (has_suffix(name, len, row->text, row->len))
			return row->rule;
	return NULL;
}

static const char *
find_prefix(const struct gv_precious_row *row, const char *name, size_t len)
{
	for (; row->text; row++)
		if (has_prefix(name, len, row->text, row->len))
			return row->rule;
	return NULL;
}

static const char *
find_glob(const struct gv_precious_row *row, const char *name, size_t len)
{
	for (; row->text; row++)
		if (gv_glob_match(row->text, row->len, name, len, 0))
			return row->rule;
	return NULL;
}

/* Whole components at the end of the path. */
static const char *
find_path(const struct gv_precious_row *row, const char *path, size_t len)
{
	for (; row->text; row++)
		if (has_suffix(path, len, row->text, row->len) &&
		    (len == row->len || path[len - row->len - 1] == '/'))
			return row->rule;
	return NULL;
}

/* Whole components above the name. */
static const char *
find_folder(const struct gv_precious_row *table, const char *path, size_t len)
{
	const struct gv_precious_row *row;
	const char *slash;
	size_t at = 0;

	while ((slash = memchr(path + at, '/', len - at))) {
		for (row = table; row->text; row++)
			if (row->len < len - at &&
			    has_prefix(
				path + at, len - at, row->text, row->len) &&
			    path[at + row->len] == '/')
				return row->rule;
		at = (size_t)(slash - path) + 1;
	}
	return NULL;
}

const char *
gv_precious_rule(const char *path, size_t len)
{
	size_t at = name_at(path, len);
	const char *name = path + at, *rule;
	size_t n = len - at;

	if (n == 0 || find_suffix(gv_precious_not_suffixes, name, n))
		return NULL;
	rule = find_path(gv_precious_paths, path, len);
	if (rule == NULL)
		rule = find_name(gv_precious_names, name, n);
	if (rule == NULL)
		rule = find_suffix(gv_precious_suffixes, name, n);
	if (rule == NULL)
		rule = find_prefix(gv_precious_prefixes, name, n);
	if (rule == NULL)
		rule = find_glob(gv_precious_globs, name, n);
	if (rule == NULL)
		rule = find_folder(gv_precious_folders, path, len);
	return rule;
}

bool
gv_precious_may_hold(const char *path, size_t len)
{
	size_t at = name_at(path, len);

	return at < len &&
	    find_name(gv_precious_foreign, path + at, len - at) == NULL;
}
