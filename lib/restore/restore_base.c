#include "restore/restore_base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/shell.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "restore/restore_base_internal.h"
#include "foreign/working_copy_address.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "view/revealed.h"

#define TREE "tree"

/* ---- the steps ----------------------------------------------------------- */

static bool
is_tool_folder(void *ctx, const char *path, size_t len)
{
	const struct gv_restore_base *b = ctx;
	const char *folder = strcmp(b->tool, "svn") == 0 ? ".svn" : ".hg";
	const size_t n = strlen(folder);

	return len >= n && memcmp(path, folder, n) == 0 &&
	    (len == n || path[n] == '/');
}

/* Which tool, and which revision. A snapshot that stores everything names the
 * revision in what the tool said alone: find_address() reads it. */
static int
find_tool(struct gv_restore_base *b)
{
	struct gv_record_omits omits;
	struct gv_oid oid;
	unsigned mode;

	(void)gv_record_omitted(&omits, b->rec);
	b->tool = omits.tool;
	if (b->tool)
		memcpy(b->revision, omits.revision, sizeof(b->revision));
	else if (gv_tree_find(b->odb, &b->rec->meta,
		     "origin/working-copy/info.xml", &mode, &oid) == 0)
		b->tool = "svn";
	else if (gv_tree_find(b->odb, &b->rec->meta,
		     "origin/working-copy/parents", &mode, &oid) == 0)
		b->tool = "hg";
	return b->tool ? 0
		       : gv_err(GV_EREFUSED,
			     "snapshot %s does not know of a working copy of "
			     "Subversion or Mercurial; restore it without "
			     "--with-base",
			     b->rec->id);
}

static int
find_address(struct gv_buf *out, struct gv_restore_base *b)
{
	int r = strcmp(b->tool, "svn") == 0 ? gv_restore_base_find_svn(out, b)
					    : gv_restore_base_find_hg(out, b);

	if (r < 0)
		return r == GV_ENOTFOUND
		    ? gv_err(GV_EREFUSED,
			  "snapshot %s has no address of its base; check it "
			  "out yourself, then restore over it with --overwrite "
			  "always",
			  b->rec->id)
		    : r;
	return gv_working_copy_is_address(b->tool, out->p, out->len)
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "the address of its base is not given to %s: it is unusual; check "
		  "it out yourself, then restore over it with --overwrite "
		  "always",
		  b->tool);
}

/* The server may be gone: what the snapshot itself has, and where more may be.
 */
static int
advise(struct gv_restore_base *b, const char *to, int r)
{
	struct gv_buf text = GV_BUF_INIT;

	if (r != GV_ERROR && r != GV_ENOTFOUND && r != GV_EREFUSED)
		return r;
	gv_buf_addf(&text,
	    "%s\nhint: to restore the files that it holds itself: git vault "
	    "restore %s --to",
	    gv_err_message(), b->rec->id);
	gv_shell_word(&text, to);
	gv_buf_addstr(&text,
	    "\nhint: a later snapshot may hold all files; to see which do: git "
	    "vault list");
	if (gv_buf_check(&text) == 0)
		r = gv_err(r, "%s", text.p);
	gv_buf_release(&text);
	return r;
}

static int
check_out(struct gv_restore_base *b, const char *to)
{
	struct gv_buf address = GV_BUF_WIPED_INIT, what = GV_BUF_INIT;
	struct gv_working_copy_login login = { .address = GV_BUF_INIT };
	int r = find_address(&address, b);

	if (r < 0 || (r = gv_working_copy_login_init(&login, address.p)) < 0)
		goto out;
	gv_buf_addf(&what, "%s %s of %s",
	    strcmp(b->tool, "svn") == 0 ? "revision" : "changeset",
	    *b->revision ? b->revision : "tip", login.address.p);
	if ((r = gv_buf_check(&what)) < 0)
		goto out;
	if (b->told->begin)
		b->told->begin(b->told->ctx, what.p);
	r = strcmp(b->tool, "svn") == 0 ? gv_restore_base_out_svn(b, address.p)
					: gv_restore_base_out_hg(b, address.p);
	r = advise(b, to, r);
out:
	gv_working_copy_login_release(&login);
	gv_buf_release(&address);
	gv_buf_release(&what);
	return r;
}

static int
lay_over(struct gv_restore_result *out, struct gv_restore_base *b,
    const struct gv_restore_opts *opts)
{
	struct gv_restore_opts own = *opts;
	int r;

	own.to = b->tree;
	own.overwrite = GV_RESTORE_ALWAYS;
	own.delete = true;
	own.has_base = true;
	own.stays = is_tool_folder;
	own.stays_ctx = b;
	if ((r = gv_restore_run(out, b->repo, b->rec, &own)) < 0)
		return r;
	return strcmp(b->tool, "svn") == 0 ? gv_restore_base_rest_svn(b)
					   : gv_restore_base_rest_hg(b);
}

/* Over an empty directory, or a name that nothing has. */
static int
put_in_place(const struct gv_restore_base *b, const char *to)
{
	if (gv_entry_rename(AT_FDCWD, b->tree, AT_FDCWD, to) == 0)
		return 0;
	return errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR
	    ? gv_err(GV_EREFUSED,
		  "%s is not empty; with --with-base it has to be new", to)
	    : gv_err_sys("cannot put %s in its place", to);
}

/* A folder next to the target, which nobody else can enter. */
static int
make_work(struct gv_restore_base *b, const char *to)
{
	struct gv_buf prefix = GV_BUF_INIT, name = GV_BUF_INIT;
	size_t n = strlen(to);
	int fd = -1, r;

	while (n > 1 && to[n - 1] == '/')
		n--;
	gv_buf_addf(&prefix, "%.*s.git-vault-base-", (int)n, to);
	if ((r = gv_buf_check(&prefix)) == 0 &&
	    (fd = gv_entry_temp_dir(&name, AT_FDCWD, prefix.p)) < 0)
		r = gv_err_sys("cannot make a directory next to %s", to);
	gv_entry_close(fd);
	if (r == 0) {
		b->work = gv_entry_real_path(name.p);
		gv_buf_reset(&prefix);
		gv_buf_addf(&prefix, "%s/" TREE, b->work ? b->work : "");
		b->tree = gv_buf_take(&prefix);
		if (b->work == NULL || b->tree == NULL)
			r = gv_err_nomem();
	}
	gv_buf_release(&prefix);
	gv_buf_release(&name);
	return r;
}

static int
check_target(const char *to)
{
	struct gv_dir_names names = { 0 };
	int fd = gv_dir_open_root(to), r = 0;

	if (fd >= 0 && gv_dir_list(&names, fd) == 0 && names.n)
		r = gv_err(GV_EREFUSED,
		    "%s is not empty; with --with-base it has to be new", to);
	gv_dir_names_release(&names);
	gv_file_close(fd);
	return r;
}

int
gv_restore_base_run(struct gv_restore_result *out,
    struct gv_restore_base_told *told, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_restore_opts *opts)
{
	struct gv_restore_base b = {
		.repo = repo, .rec = rec, .safe = opts->safe, .told = told
	};
	char *before;
	int r;

	memset(out, 0, sizeof(*out));
	told->missed = (struct gv_buf)GV_BUF_INIT;
	told->locked = (struct gv_buf)GV_BUF_INIT;
	if ((r = check_target(opts->to)) < 0 ||
	    (r = gv_repo_odb(repo, &b.odb)) < 0 || (r = find_tool(&b)) < 0 ||
	    (r = gv_revealed_load(&b.given, b.odb, rec, GV_REVEALED_META)) <
		0 ||
	    (r = make_work(&b, opts->to)) < 0)
		goto out;
	if ((r = check_out(&b, opts->to)) == 0 &&
	    (r = lay_over(out, &b, opts)) == 0)
		r = put_in_place(&b, opts->to);
out:
	before = gv_err_save();
	if (b.work)
		gv_file_remove_tree(AT_FDCWD, b.work);
	gv_err_restore(before);
	gv_revealed_free(b.given);
	free(b.work);
	free(b.tree);
	return r;
}
