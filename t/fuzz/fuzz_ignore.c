/*
 * Ignore files of any bytes, and what the deciding pattern must be true of.
 * Input: a byte of flags, an ignore file, a NUL NUL, a path.
 */
#include "fuzz.h"

#include "base/glob.h"
#include "worktree/ignore.h"

static void
check_why(const struct gv_ignore_why *why, enum gv_ignore_verdict v,
    const char *text, size_t len)
{
	unsigned lines = 1;
	size_t i;

	for (i = 0; i < len; i++)
		lines += text[i] == '\n';
	if (why->line < 1 || why->line > lines || why->pattern[0] == '#')
		abort();
	if ((why->pattern[0] == '!') != (v == GV_IGNORE_INCLUDED))
		abort();
}

/* A single plain pattern must mean what the matcher alone says of it. */
static void
check_single(const struct gv_ignore_level *l, const char *text, size_t len,
    const char *name, size_t name_len)
{
	bool plain = len && !memchr(text, '\n', len) &&
	    !memchr(text, '\r', len) && !memchr(text, '/', len) &&
	    !memchr(text, '\0', len) && text[len - 1] != ' ' &&
	    !strchr("#!\xef", text[0]);
	bool ignored;

	if (!plain)
		return;
	ignored = gv_ignore_match(l, name, name_len, 0, false, NULL) ==
	    GV_IGNORE_IGNORED;
	if (ignored != gv_glob_match(text, len, name, name_len, 0))
		abort();
}

static void
judge(const struct gv_ignore_level *l, const char *text, size_t len,
    const char *path, size_t path_len)
{
	size_t name_at = path_len;
	enum gv_ignore_verdict file, dir;
	struct gv_ignore_why why;

	while (name_at > 0 && path[name_at - 1] != '/')
		name_at--;
	file = gv_ignore_match(l, path, path_len, name_at, false, &why);
	if (file != GV_IGNORE_UNDECIDED)
		check_why(&why, file, text, len);
	dir = gv_ignore_match(l, path, path_len, name_at, true, &why);
	if (dir != GV_IGNORE_UNDECIDED)
		check_why(&why, dir, text, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gv_ignore_level *top, *deep;
	const char *text = (const char *)data + 1, *end, *path;
	size_t len, path_len;
	bool icase;

	if (size < 3)
		return 0;
	end = memmem(text, size - 1, "\0\0", 2);
	if (end == NULL)
		return 0;
	icase = data[0] & 1;
	len = (size_t)(end - text);
	path = end + 2;
	path_len = size - 1 - len - 2;
	if (gv_ignore_level_new(&top, NULL, 0,
		&(struct gv_ignore_file){ text, len, "top", icase }) < 0)
		return 0;
	if (gv_ignore_level_new(&deep, top, 3,
		&(struct gv_ignore_file){ text, len, "deep", icase }) == 0) {
		judge(deep, text, len, path, path_len);
		gv_ignore_level_free(deep);
	}
	if (!icase && path_len && !memchr(path, '/', path_len))
		check_single(top, text, len, path, path_len);
	gv_ignore_level_free(top);
	return 0;
}
