#include "restore/restore_base_internal.h"

#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "base/path.h"
#include "foreign/working_copy_address.h"
#include "foreign/working_copy_server.h"
#include "sys/file.h"

#define NODE  40 /* digits of a changeset's id */
#define NAMED 10 /* conflicts */

int
gv_restore_base_find_hg(struct gv_buf *address, struct gv_restore_base *b)
{
	struct gv_buf text = GV_BUF_WIPED_INIT;
	int r = gv_restore_base_read(&text, b, "hgrc");

	if (r == 0)
		r = gv_working_copy_hgrc_source(address, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

/* Changesets that were never published; where there are none, no file is. */
static int
bring_drafts(struct gv_restore_base *b)
{
	static const char *const argv[] = { "hg", "unbundle", "-q", "/dev/fd/0",
		NULL };
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_restore_base_read(&text, b, "drafts.hg");

	if (r == 0)
		r = gv_restore_base_tool(b, b->tree, argv, &text);
	gv_buf_release(&text);
	return r == GV_ENOTFOUND ? 0 : r;
}

/* A bundle does not say which of its changesets are secret, and a push would
 * publish those. */
#define AT_ONCE 500

static int
hide(struct gv_restore_base *b, const struct gv_buf *drafts)
{
	struct gv_buf nodes = GV_BUF_INIT;
	const char *p = drafts->p, *end = p + drafts->len;
	size_t n = 0;
	int r = 0;

	while (r == 0 && p < end) {
		const char *line = p, *to = memchr(p, '\n', (size_t)(end - p));

		p = to ? to + 1 : end;
		if (p - line > NODE + 8 &&
		    strspn(line, "0123456789abcdef") == NODE &&
		    strncmp(line + NODE, " secret ", 8) == 0) {
			gv_buf_addf(
			    &nodes, "%s%.*s", n++ ? "+" : "", NODE, line);
		}
		if (n == 0 || (n < AT_ONCE && p < end))
			continue;
		if ((r = gv_buf_check(&nodes)) == 0) {
			const char *const argv[] = { "hg", "phase", "--force",
				"--secret", "-r", nodes.p, NULL };

			r = gv_restore_base_tool(b, b->tree, argv, NULL);
		}
		gv_buf_reset(&nodes);
		n = 0;
	}
	gv_buf_release(&nodes);
	return r;
}

static int
bring_phases(struct gv_restore_base *b)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_restore_base_read(&text, b, "drafts");

	if (r == 0)
		r = hide(b, &text);
	gv_buf_release(&text);
	return r == GV_ENOTFOUND ? 0 : r;
}

/* The address may have a password, so it is no argument that all users can see:
 * hg gets the command through a pipe, and keeps no password in its hgrc. */
static int
clone(struct gv_restore_base *b, const char *address)
{
	static const char *const argv[] = { "hg", "serve", "--cmdserver",
		"pipe", NULL };
	const char *const words[] = { "clone", "-q", "-y", "-U", "--", address,
		b->tree, NULL };
	struct gv_buf in = GV_BUF_WIPED_INIT, said = GV_BUF_INIT;
	struct gv_buf out = GV_BUF_INIT, err = GV_BUF_INIT;
	struct gv_working_copy_answers a;
	long status = 0;
	int r = gv_working_copy_request(&in, words);

	if (r < 0 ||
	    (r = gv_restore_base_ask(&said, b, b->work, argv, &in)) < 0 ||
	    (r = gv_working_copy_answers_init(&a, said.p, said.len)) < 0)
		goto out;
	r = gv_working_copy_answer(&out, &err, &status, &a);
	if (r == 0 && status)
		r = gv_err(GV_ERROR, "hg clone failed: %.*s",
		    (int)strcspn(err.p, "\n"), err.p);
out:
	gv_buf_release(&in);
	gv_buf_release(&said);
	gv_buf_release(&out);
	gv_buf_release(&err);
	return r;
}

int
gv_restore_base_out_hg(struct gv_restore_base *b, const char *address)
{
	const char *const update[] = { "hg", "update", "-q", "-y", "-r",
		b->revision, NULL };
	int r;

	if ((r = clone(b, address)) < 0 ||
	    (r = gv_restore_base_miss(b, "drafts", bring_drafts(b))) < 0 ||
	    (r = gv_restore_base_miss(
		 b, "the phase of secret changesets", bring_phases(b))) < 0 ||
	    *b->revision == '\0')
		return r;
	return gv_restore_base_tool(b, b->tree, update, NULL);
}

/* ---- what only the tool knew --------------------------------------------- */

/* The id at the beginning of a line, which `p` goes behind; false where the
 * line begins otherwise. */
static bool
take_node(char node[NODE + 1], const char **p, const char *end)
{
	const char *line = *p, *to;

	if (end - line < NODE || strspn(line, "0123456789abcdef") != NODE)
		return false;
	memcpy(node, line, NODE);
	node[NODE] = '\0';
	to = memchr(line, '\n', (size_t)(end - line));
	*p = to ? to + 1 : end;
	return true;
}

/* The files are as they were; which changesets they are of is set without
 * writing them. There are two while a merge is under way. */
static int
set_parents(struct gv_restore_base *b)
{
	char first[NODE + 1], second[NODE + 1];
	const char *const rebuild[] = { "hg", "debugrebuilddirstate", "-r",
		first, NULL };
	const char *const set[] = { "hg", "debugsetparents", first, second,
		NULL };
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_restore_base_read(&text, b, "parents");
	const char *p = text.p, *end = p + text.len;

	if (r == 0 && !take_node(first, &p, end))
		r = gv_err(GV_ECORRUPT, "it is no id of a changeset");
	if (r == 0 &&
	    (r = gv_restore_base_tool(b, b->tree, rebuild, NULL)) == 0 &&
	    take_node(second, &p, end)) {
		r = gv_restore_base_tool(b, b->tree, set, NULL);
		b->is_merging = r == 0;
	}
	gv_buf_release(&text);
	return r == GV_ENOTFOUND ? 0 : r;
}

/* Schedule the files of one letter of the status again. */
static int
schedule(struct gv_restore_base *b, const struct gv_buf *status, char letter,
    const char *command)
{
	const char *const argv[] = { "hg", command, "-q", "-y",
		"listfile0:/dev/fd/0", NULL };
	const char *p = status->p, *end = p + status->len;
	struct gv_buf list = GV_BUF_INIT;
	int r;

	while (p < end) {
		const char *line = p, *to = memchr(p, '\n', (size_t)(end - p));

		p = to ? to + 1 : end;
		if (to == NULL || to - line < 3 || line[0] != letter ||
		    line[1] != ' ')
			continue;
		gv_buf_addstr(&list, "path:");
		gv_buf_add(&list, line + 2, (size_t)(to - line) - 2);
		gv_buf_addch(&list, '\0');
	}
	if ((r = gv_buf_check(&list)) == 0 && list.len)
		r = gv_restore_base_tool(b, b->tree, argv, &list);
	gv_buf_release(&list);
	return r;
}

static int
bring_status(struct gv_restore_base *b)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_restore_base_read(&text, b, "status");

	if (r == 0 && (r = schedule(b, &text, 'A', "add")) == 0)
		r = schedule(b, &text, 'R', "forget");
	/* what the other parent alone has counts as modified */
	if (r == 0 && b->is_merging)
		r = schedule(b, &text, 'M', "addremove");
	gv_buf_release(&text);
	return r == GV_ENOTFOUND ? 0 : r;
}

/* "U PATH" for each; a commit would take the markers. */
static int
name_conflicts(struct gv_restore_base *b)
{
	struct gv_buf text = GV_BUF_INIT, paths = GV_BUF_INIT;
	int r = gv_restore_base_read(&text, b, "conflicts");
	const char *p = text.p, *line;
	size_t len, n = 0;

	while (r == 0 && gv_lines_next(&line, &len, &p, text.p + text.len)) {
		if (len < 3 || line[0] != 'U' || n++ >= NAMED)
			continue;
		if (paths.len)
			gv_buf_addstr(&paths, ", ");
		gv_path_quote(&paths, line + 2, len - 2);
	}
	if (r == 0 && n && (r = gv_buf_check(&paths)) == 0)
		r = gv_err(GV_ERROR,
		    "hg does not know any more that %s%s %s in conflict; "
		    "resolve that before hg commit",
		    paths.p, n > NAMED ? " and others" : "",
		    n > 1 ? "are" : "is");
	gv_buf_release(&text);
	gv_buf_release(&paths);
	return r == GV_ENOTFOUND ? 0 : r;
}

struct putting {
	struct gv_restore_base *b;
	const char *folder;
};

static int
put(void *ctx, const char *name, const struct gv_buf *text)
{
	struct putting *p = ctx;
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/.hg/%s", p->b->tree, p->folder);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0777);
	gv_buf_addf(&path, "/%s", name);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text->p, text->len, 0666, false);
	gv_buf_release(&path);
	return r;
}

/* "NAME NODE" each, which hg has the other way round. */
static int
bring_bookmarks(struct gv_restore_base *b)
{
	struct gv_buf text = GV_BUF_INIT, out = GV_BUF_INIT;
	int r = gv_restore_base_read(&text, b, "bookmarks");
	const char *p = text.p, *end = p + text.len;

	while (r == 0 && p < end) {
		const char *line = p, *to = memchr(p, '\n', (size_t)(end - p));
		const size_t n = (size_t)((to ? to : end) - line);

		p = to ? to + 1 : end;
		if (n > NODE + 1 && line[n - NODE - 1] == ' ' &&
		    strspn(line + n - NODE, "0123456789abcdef") >= NODE)
			gv_buf_addf(&out, "%.*s %.*s\n", NODE, line + n - NODE,
			    (int)(n - NODE - 1), line);
	}
	if (r == 0 && out.len && (r = gv_buf_check(&out)) == 0)
		r = put(&(struct putting){ b, "." }, "bookmarks", &out);
	gv_buf_release(&text);
	gv_buf_release(&out);
	return r == GV_ENOTFOUND ? 0 : r;
}

int
gv_restore_base_rest_hg(struct gv_restore_base *b)
{
	static const struct {
		const char *prefix, *folder;
	} folders[] = { { "shelved-", "shelved" }, { "patches-", "patches" } };
	size_t i;
	int r = gv_restore_base_miss(b, "parents", set_parents(b));

	if (r == 0)
		r = gv_restore_base_miss(b, "status", bring_status(b));
	if (r == 0)
		r = gv_restore_base_miss(b, "conflicts", name_conflicts(b));
	if (r == 0)
		r = gv_restore_base_miss(b, "bookmarks", bring_bookmarks(b));
	for (i = 0; r == 0 && i < 2; i++) {
		struct putting p = { b, folders[i].folder };

		r = gv_restore_base_miss(b, p.folder,
		    gv_restore_base_each(b, folders[i].prefix, put, &p));
	}
	return r;
}
