#include "foreign/svnignore.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "format/xmltag.h"

#define DEFAULT                                                                \
	"*.o *.lo *.la *.al .libs *.so *.so.[0-9]* *.a *.pyc *.pyo "           \
	"__pycache__ *.rej *~ #*# .#* .*.swp .DS_Store [Tt]humbs.db"

/* A pattern with a '/' matches no name, and is of no use to svn either. */
static void
add_rule(
    struct gv_buf *out, const char *prefix, const char *pattern, size_t len)
{
	if (len == 0 || memchr(pattern, '/', len) || memchr(pattern, '\0', len))
		return;
	gv_buf_addstr(out, prefix);
	gv_buf_add(out, pattern, len);
	/* gitignore(5) passes over blanks at the end of a line */
	if (pattern[len - 1] == ' ') {
		gv_buf_truncate(out, out->len - 1);
		gv_buf_addstr(out, "[ ]");
	}
	gv_buf_addch(out, '\n');
}

/* Words, or lines that may have blanks in them. */
static void
add_rules(struct gv_buf *out, const char *prefix, const char *text, size_t len,
    const char *between)
{
	const char *p = text, *end = text + len;

	while (p < end) {
		const char *word = p;

		while (p < end && *p && !strchr(between, *p))
			p++;
		add_rule(out, prefix, word, (size_t)(p - word));
		p++;
	}
}

/* ---- the user's configuration -------------------------------------------- */

#define BLANKS " \t\v\r\n"

static bool
is_key(const char *line, size_t len, const char *key, const char **value)
{
	const size_t n = strlen(key);
	const char *p = line + n, *end = line + len;

	if (len <= n || memcmp(line, key, n) != 0)
		return false;
	while (p < end && strchr(BLANKS, *p))
		p++;
	if (p == end || (*p != '=' && *p != ':'))
		return false;
	*value = p + 1;
	return true;
}

int
gv_svnignore_global(struct gv_buf *out, const char *config, size_t len)
{
	const char *p = config, *line, *value;
	bool is_here = false, goes_on = false, is_set = false;
	size_t n;

	while (gv_lines_next(&line, &n, &p, config + len)) {
		if (n && (*line == ' ' || *line == '\t') && goes_on) {
			add_rules(out, "**/", line, n, BLANKS);
			continue;
		}
		goes_on = false;
		if (n && *line == '[') {
			is_here =
			    n >= 11 && memcmp(line, "[miscellany", 11) == 0;
		} else if (is_here &&
		    is_key(line, n, "global-ignores", &value)) {
			is_set = goes_on = true;
			add_rules(out, "**/", value, (size_t)(line + n - value),
			    BLANKS);
		}
	}
	if (!is_set)
		add_rules(out, "**/", DEFAULT, sizeof(DEFAULT) - 1, BLANKS);
	return gv_buf_check(out);
}

/* ---- properties ---------------------------------------------------------- */

/* "/dir/", with a '\' before what a pattern would take for a wildcard; "/" for
 * the top. What is inherited comes from above. */
static bool
take_folder(struct gv_buf *prefix, const struct gv_xmltag *x)
{
	struct gv_buf path = GV_BUF_INIT;
	bool is = gv_xmltag_get(&path, x, "path") && path.len &&
	    !memchr(path.p, '\n', path.len) && !memchr(path.p, '\0', path.len);
	const char *p = path.p;

	gv_buf_reset(prefix);
	gv_buf_addch(prefix, '/');
	if (is && strcmp(path.p, ".") != 0 && *path.p != '/' &&
	    strstr(path.p, "://") == NULL) {
		for (; *p; p++) {
			if (strchr("*?[\\", *p))
				gv_buf_addch(prefix, '\\');
			gv_buf_addch(prefix, *p);
		}
		gv_buf_addch(prefix, '/');
	}
	gv_buf_release(&path);
	return is;
}

static void
take_property(
    struct gv_buf *out, struct gv_buf *prefix, const struct gv_xmltag *x)
{
	struct gv_buf name = GV_BUF_INIT, text = GV_BUF_INIT;

	if (gv_xmltag_get(&name, x, "name") && gv_xmltag_text(&text, x)) {
		if (strcmp(name.p, "svn:ignore") == 0) {
			add_rules(out, prefix->p, text.p, text.len, "\r\n");
		} else if (strcmp(name.p, "svn:global-ignores") == 0) {
			gv_buf_addstr(prefix, "**/");
			if (!prefix->failed)
				add_rules(
				    out, prefix->p, text.p, text.len, "\r\n");
			gv_buf_truncate(prefix, prefix->len - 3);
		}
	}
	out->failed |= name.failed || text.failed || prefix->failed;
	gv_buf_release(&name);
	gv_buf_release(&text);
}

int
gv_svnignore_properties(struct gv_buf *out, const char *xml, size_t len)
{
	struct gv_buf prefix = GV_BUF_INIT;
	struct gv_xmltag x;
	bool is = false;
	int r;

	gv_xmltag_init(&x, xml, len);
	while ((r = gv_xmltag_next(&x)) > 0) {
		if (gv_xmltag_is(&x, "target"))
			is = take_folder(&prefix, &x);
		else if (is &&
		    (gv_xmltag_is(&x, "property") ||
			gv_xmltag_is(&x, "inherited_property")))
			take_property(out, &prefix, &x);
	}
	gv_buf_release(&prefix);
	return r < 0 ? r : gv_buf_check(out);
}

/* ---- what is under version control --------------------------------------- */

static bool
is_tracked(const struct gv_xmltag *x)
{
	static const char *const no[] = { "unversioned", "ignored", "external",
		"none", "deleted", NULL };
	struct gv_buf item = GV_BUF_INIT;
	bool is = gv_xmltag_get(&item, x, "item");
	size_t i;

	for (i = 0; is && no[i]; i++)
		is = strcmp(item.p, no[i]) != 0;
	gv_buf_release(&item);
	return is;
}

int
gv_svnignore_tracked(struct gv_buf *out, const char *xml, size_t len)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_xmltag x;
	int r;

	gv_xmltag_init(&x, xml, len);
	while ((r = gv_xmltag_next(&x)) > 0) {
		if (gv_xmltag_is(&x, "entry")) {
			gv_buf_reset(&path);
			if (!gv_xmltag_get(&path, &x, "path") ||
			    memchr(path.p, '\0', path.len))
				gv_buf_reset(&path);
		} else if (path.len && gv_xmltag_is(&x, "wc-status")) {
			if (is_tracked(&x))
				gv_buf_add(out, path.p, path.len + 1);
			gv_buf_reset(&path);
		}
	}
	out->failed |= path.failed;
	gv_buf_release(&path);
	return r < 0 ? r : gv_buf_check(out);
}
