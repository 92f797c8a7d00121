#include "restore/restore_base_internal.h"

#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "format/untar.h"
#include "format/xmltag.h"
#include "foreign/working_copy_address.h"
#include "sys/file.h"

#define SHELVES ".svn"

/* The text of the first element of a name. */
static int
read_first(struct gv_buf *out, const struct gv_buf *xml, const char *name)
{
	struct gv_xmltag x;
	int r;

	gv_xmltag_init(&x, xml->p, xml->len);
	while ((r = gv_xmltag_next(&x)) > 0)
		if (gv_xmltag_is(&x, name))
			return gv_xmltag_text(out, &x) && out->len
			    ? 0
			    : gv_err(GV_ECORRUPT, "info.xml has no %s", name);
	return r < 0 ? r : gv_err(GV_ECORRUPT, "info.xml has no %s", name);
}

/* The revision of the folder itself. On a newer one, what others changed since
 * would look like changes made here that take theirs back. */
static int
read_revision(struct gv_restore_base *b, const struct gv_buf *xml)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_xmltag x;
	bool is = false;

	gv_xmltag_init(&x, xml->p, xml->len);
	while (!is && gv_xmltag_next(&x) > 0)
		is = gv_xmltag_is(&x, "entry") &&
		    gv_xmltag_get(&text, &x, "revision");
	is = is && text.len && text.len < sizeof(b->revision) &&
	    strspn(text.p, "0123456789") == text.len;
	if (is)
		memcpy(b->revision, text.p, text.len + 1);
	gv_buf_release(&text);
	return is ? 0 : gv_err(GV_ECORRUPT, "info.xml has no revision");
}

int
gv_restore_base_find_svn(struct gv_buf *address, struct gv_restore_base *b)
{
	struct gv_buf xml = GV_BUF_WIPED_INIT;
	int r = gv_restore_base_read(&xml, b, "info.xml");

	if (r == 0 && *b->revision == '\0')
		r = read_revision(b, &xml);
	if (r == 0)
		r = read_first(address, &xml, "url");
	gv_buf_release(&xml);
	return r;
}

/* The revision twice: by what the address meant then, and of what that was. A
 * password is no argument, which all users can see. */
int
gv_restore_base_out_svn(struct gv_restore_base *b, const char *address)
{
	const char *argv[8 + GV_WORKING_COPY_LOGIN_WORDS + 3] = { "svn",
		"checkout", "-q", "--non-interactive", "--ignore-externals",
		"-r", b->revision };
	struct gv_working_copy_login login;
	struct gv_buf from = GV_BUF_INIT, in = GV_BUF_WIPED_INIT;
	size_t n = 7, words;
	int r = gv_working_copy_login_init(&login, address);

	gv_buf_addf(&from, "%s@%s", login.address.p, b->revision);
	n += words = gv_working_copy_login_words(argv + n, &login);
	argv[n++] = "--";
	argv[n++] = from.p;
	argv[n] = b->tree;
	if (r == 0 && words)
		r = gv_working_copy_login_input(&in, &login);
	if (r == 0 && (r = gv_buf_check(&from)) == 0)
		r = gv_restore_base_tool(b, b->work, argv, words ? &in : NULL);
	gv_working_copy_login_release(&login);
	gv_buf_release(&from);
	gv_buf_release(&in);
	return r;
}

/* ---- what only the tool knew --------------------------------------------- */

/* What the status says of a kind, as lists of paths. */
struct lists {
	struct gv_buf added, deleted;
	struct gv_buf path, name; /* of the entry and the changelist at hand */
	struct gv_buf listed;     /* "NAME\0PATH\0" each */
	struct gv_buf *locked;    /* on the server, a line each */
	struct gv_buf conflicts;  /* paths as a sentence has them */
	size_t n_conflicts;
};

#define NAMED 10 /* conflicts */

static void
add_conflict(struct lists *l)
{
	if (l->n_conflicts++ >= NAMED)
		return;
	if (l->conflicts.len)
		gv_buf_addstr(&l->conflicts, ", ");
	gv_path_quote(&l->conflicts, l->path.p, l->path.len);
}

static bool
says(const struct gv_xmltag *x, const char *name, const char *value)
{
	struct gv_buf text = GV_BUF_INIT;
	bool is = gv_xmltag_get(&text, x, name) && strcmp(text.p, value) == 0;

	gv_buf_release(&text);
	return is;
}

/* A line of a list; what has a line end was never under version control. */
static void
add_path(struct gv_buf *list, const struct gv_buf *path)
{
	const char *slash = strrchr(path->p, '/'), *at = strrchr(path->p, '@');

	if (path->len == 0 || strchr(path->p, '\n') ||
	    !gv_path_is_all_safe(path->p))
		return;
	/* svn takes what is behind the last @ for a revision */
	gv_buf_addf(list, "%s%s\n", path->p,
	    at && (slash == NULL || at > slash) ? "@" : "");
}

static void
take_tag(struct lists *l, const struct gv_xmltag *x)
{
	if (gv_xmltag_is(x, "changelist")) {
		gv_buf_reset(&l->name);
		if (!gv_xmltag_get(&l->name, x, "name") || *l->name.p == '-')
			gv_buf_reset(&l->name);
	} else if (gv_xmltag_is(x, "entry")) {
		gv_buf_reset(&l->path);
		if (!gv_xmltag_get(&l->path, x, "path"))
			gv_buf_reset(&l->path);
	} else if (gv_xmltag_is(x, "lock")) {
		if (l->path.len && !memchr(l->path.p, '\n', l->path.len) &&
		    gv_path_is_all_safe(l->path.p))
			gv_buf_addf(l->locked, "%s\n", l->path.p);
	} else if (gv_xmltag_is(x, "wc-status")) {
		if (says(x, "item", "added") || says(x, "item", "replaced"))
			add_path(&l->added, &l->path);
		if (says(x, "item", "deleted"))
			add_path(&l->deleted, &l->path);
		if (l->path.len &&
		    (says(x, "item", "conflicted") ||
			says(x, "props", "conflicted") ||
			says(x, "tree-conflicted", "true")))
			add_conflict(l);
		if (l->name.len && l->path.len) {
			gv_buf_add(&l->listed, l->name.p, l->name.len + 1);
			gv_buf_add(&l->listed, l->path.p, l->path.len + 1);
		}
	}
}

static int
read_lists(struct lists *l, const struct gv_buf *xml)
{
	struct gv_xmltag x;
	int r;

	gv_xmltag_init(&x, xml->p, xml->len);
	while ((r = gv_xmltag_next(&x)) > 0)
		take_tag(l, &x);
	if (r < 0)
		return r;
	return l->added.failed || l->deleted.failed || l->listed.failed ||
		l->locked->failed || l->conflicts.failed
	    ? GV_ENOMEM
	    : 0;
}

/* The paths come by a file in the private folder, since there may be many. */
static int
with_targets(struct gv_restore_base *b, const struct gv_buf *list,
    const char *const *argv)
{
	const char *words[16] = { NULL };
	struct gv_buf file = GV_BUF_INIT;
	size_t i;
	int r;

	if (list->len == 0)
		return 0;
	gv_buf_addf(&file, "%s/targets", b->work);
	if ((r = gv_buf_check(&file)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, file.p, list->p, list->len, 0600, false);
	for (i = 0; i < 12 && argv[i]; i++)
		words[i] = argv[i];
	words[i] = "--targets";
	words[i + 1] = file.p;
	if (r == 0)
		r = gv_restore_base_tool(b, b->tree, words, NULL);
	gv_buf_release(&file);
	return r;
}

static int
put_in_changelists(struct gv_restore_base *b, const struct gv_buf *listed)
{
	const char *p = listed->p, *end = p + listed->len;
	int r = 0;

	while (r == 0 && p < end) {
		const char *name = p;
		const char *const argv[] = { "svn", "changelist",
			"--non-interactive", name, NULL };
		struct gv_buf list = GV_BUF_INIT, path = GV_BUF_INIT;

		for (; p < end && strcmp(p, name) == 0; p += strlen(p) + 1) {
			p += strlen(p) + 1;
			gv_buf_reset(&path);
			gv_buf_addstr(&path, p);
			add_path(&list, &path);
		}
		r = gv_restore_base_miss(
		    b, "changelist", with_targets(b, &list, argv));
		gv_buf_release(&list);
		gv_buf_release(&path);
	}
	return r;
}

/* Nothing makes svn know of a conflict again, and a commit would take the
 * markers. */
static int
name_conflicts(struct gv_restore_base *b, const struct lists *l)
{
	if (l->n_conflicts == 0)
		return 0;
	return gv_restore_base_miss(b, "conflicts",
	    gv_err(GV_ERROR,
		"svn does not know any more that %s%s %s in conflict; resolve "
		"that before svn commit",
		l->conflicts.p, l->n_conflicts > NAMED ? " and others" : "",
		l->n_conflicts > 1 ? "are" : "is"));
}

static int
bring_status(struct gv_restore_base *b)
{
	static const char *const add[] = { "svn", "add", "-q",
		"--non-interactive", "--no-auto-props", "--force", "--parents",
		"--depth", "empty", NULL };
	static const char *const rm[] = { "svn", "rm", "-q",
		"--non-interactive", "--force", "--keep-local", NULL };
	struct lists l = { .added = GV_BUF_INIT,
		.deleted = GV_BUF_INIT,
		.path = GV_BUF_INIT,
		.name = GV_BUF_INIT,
		.listed = GV_BUF_INIT,
		.conflicts = GV_BUF_INIT,
		.locked = &b->told->locked };
	struct gv_buf xml = GV_BUF_INIT;
	int r = gv_restore_base_read(&xml, b, "status.xml");

	if (r == 0 && (r = read_lists(&l, &xml)) == 0 &&
	    (r = gv_restore_base_miss(
		 b, "removals", with_targets(b, &l.deleted, rm))) == 0 &&
	    (r = gv_restore_base_miss(
		 b, "additions", with_targets(b, &l.added, add))) == 0)
		r = put_in_changelists(b, &l.listed);
	if (r == 0)
		r = name_conflicts(b, &l);
	gv_buf_release(&xml);
	gv_buf_release(&l.added);
	gv_buf_release(&l.deleted);
	gv_buf_release(&l.path);
	gv_buf_release(&l.name);
	gv_buf_release(&l.listed);
	gv_buf_release(&l.conflicts);
	return r;
}

static int
bring_properties(struct gv_restore_base *b)
{
	struct gv_buf text = GV_BUF_INIT, file = GV_BUF_INIT;
	int r = gv_restore_base_read(&text, b, "properties.diff");

	gv_buf_addf(&file, "%s/properties.diff", b->work);
	if (r == 0 && (r = gv_buf_check(&file)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, file.p, text.p, text.len, 0600, false);
	if (r == 0) {
		const char *const argv[] = { "svn", "patch", "-q",
			"--non-interactive", "--", file.p, ".", NULL };

		r = gv_restore_base_tool(b, b->tree, argv, NULL);
	}
	gv_buf_release(&text);
	gv_buf_release(&file);
	return r == GV_ENOTFOUND ? 0 : r;
}

/* ---- shelves ------------------------------------------------------------- */

struct unpacking {
	struct gv_restore_base *b;
	struct gv_buf path, text;
};

static int
on_begin(void *ctx, const char *name, size_t len)
{
	struct unpacking *u = ctx;

	gv_buf_reset(&u->path);
	gv_buf_reset(&u->text);
	gv_buf_addf(
	    &u->path, "%s/" SHELVES "/%.*s", u->b->tree, (int)len, name);
	/* it was packed from this folder alone */
	if (len < 14 || memcmp(name, "experimental/", 13) != 0 ||
	    memchr(name, '\0', len))
		return gv_err(GV_ECORRUPT, "the archive has other files");
	return gv_buf_check(&u->path);
}

static int
on_data(void *ctx, const void *p, size_t n)
{
	struct unpacking *u = ctx;

	gv_buf_add(&u->text, p, n);
	return gv_buf_check(&u->text);
}

/* A shelf is a working copy. svn needs its folder for temporary files, which is
 * empty, so that an archive of files lacks it. */
static int
make_tmp(struct unpacking *u)
{
	static const char name[] = "/.svn/wc.db";
	const size_t n = sizeof(name) - 1;

	if (u->path.len < n ||
	    memcmp(u->path.p + u->path.len - n, name, n) != 0)
		return 0;
	gv_buf_truncate(&u->path, u->path.len - strlen("wc.db"));
	gv_buf_addstr(&u->path, "tmp");
	return gv_buf_check(&u->path) < 0
	    ? GV_ENOMEM
	    : gv_file_mkdirs(AT_FDCWD, u->path.p, 0777);
}

static int
on_end(void *ctx)
{
	struct unpacking *u = ctx;
	char *slash = strrchr(u->path.p, '/');
	const char *below =
	    u->path.p + strlen(u->b->tree) + sizeof(SHELVES) + 1;
	int r;

	/* names of pristine copies and folders of shelves: nothing leads up */
	if (strstr(below, "../") || strstr(below, "/.."))
		return gv_err(
		    GV_ECORRUPT, "the archive leads out of its folder");
	*slash = '\0';
	r = gv_file_mkdirs(AT_FDCWD, u->path.p, 0777);
	*slash = '/';
	if (r == 0)
		r = gv_file_replace(
		    AT_FDCWD, u->path.p, u->text.p, u->text.len, 0666, false);
	return r < 0 ? r : make_tmp(u);
}

static int
bring_shelves(struct gv_restore_base *b)
{
	struct unpacking u = { b, GV_BUF_INIT, GV_BUF_INIT };
	struct gv_untar tar = {
		.begin = on_begin, .data = on_data, .end = on_end, .ctx = &u
	};
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_restore_base_read(&text, b, "shelves.tar");

	if (r == 0 && (r = gv_untar_feed(&tar, text.p, text.len)) == 0)
		r = gv_untar_end(&tar);
	gv_untar_release(&tar);
	gv_buf_release(&u.path);
	gv_buf_release(&u.text);
	gv_buf_release(&text);
	return r == GV_ENOTFOUND ? 0 : r;
}

int
gv_restore_base_rest_svn(struct gv_restore_base *b)
{
	int r = gv_restore_base_miss(b, "status", bring_status(b));

	if (r == 0)
		r = gv_restore_base_miss(b, "properties", bring_properties(b));
	if (r == 0)
		r = gv_restore_base_miss(
		    b, "properties", gv_restore_base_properties(b));
	return r < 0 ? r : gv_restore_base_miss(b, "shelves", bring_shelves(b));
}
