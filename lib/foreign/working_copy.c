#include "foreign/working_copy.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "foreign/working_copy_internal.h"
#include "sys/file.h"

#define CACHE "working-copy"

/* ---- files --------------------------------------------------------------- */

int
gv_working_copy_add(
    struct gv_working_copy *wc, const char *name, struct gv_buf *text)
{
	struct gv_working_copy_file *f;

	if (GV_GROW(wc->files, wc->n, wc->cap) < 0)
		return gv_err_nomem();
	f = &wc->files[wc->n];
	if ((f->name = strdup(name)) == NULL)
		return gv_err_nomem();
	f->text = *text;
	*text = (struct gv_buf)GV_BUF_INIT;
	wc->n++;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_working_copy_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* A note, so that the snapshot goes on. */
static int
excuse(const struct gv_working_copy *wc, struct gv_repo *repo,
    enum gv_foreign_kind kind)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text,
	    wc->stores_base
		? "vcs.base: omit does not apply, and all files of this %s "
		  "working copy are stored, but nothing else of it: %.200s"
		: "only the files of this %s working copy are stored: %.200s",
	    gv_foreign_name(kind), gv_err_message());
	if ((r = gv_buf_check(&text)) == 0)
		gv_repo_note(repo, text.p);
	gv_buf_release(&text);
	return r;
}

static void
forget(struct gv_working_copy *wc)
{
	while (wc->n) {
		wc->n--;
		free(wc->files[wc->n].name);
		gv_buf_release(&wc->files[wc->n].text);
	}
}

int
gv_working_copy_gather(struct gv_working_copy *wc, struct gv_repo *repo)
{
	const enum gv_foreign_kind kind = gv_foreign_kind_of(repo->git_dir);
	char *before;
	int r;

	if (wc->is_gathered || kind == GV_FOREIGN_NONE)
		return 0;
	before = gv_err_save();
	wc->is_gathered = true;
	r = kind == GV_FOREIGN_SVN ? gv_working_copy_ask_svn(wc, repo)
				   : gv_working_copy_ask_hg(wc, repo);
	if (r < 0) {
		forget(wc);
		wc->has_failed = r != GV_ENOMEM && r != GV_ECANCELED;
		if (wc->has_failed && !wc->omits)
			r = excuse(wc, repo, kind);
	} else if ((r = gv_working_copy_add_files(wc, repo, kind)) < 0) {
		forget(wc);
	}
	if (wc->n)
		qsort(wc->files, wc->n, sizeof(*wc->files), compare);
	return gv_err_settle(r, before);
}

/* ---- what counts as a change --------------------------------------------- */

/* A bundle may differ where nothing changed; what is in it has a list. */
static bool
is_counted(const char *name)
{
	return strcmp(name, "drafts.hg") != 0;
}

/* The cache: two ids, of the stamp and of what was found then. */
static bool
recall(struct gv_oid *out, const struct gv_repo *repo, const struct gv_oid *at)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();
	struct gv_oid was;
	bool is = false;

	gv_buf_addf(&path, "%s/" CACHE, repo->vault_dir);
	if (gv_buf_check(&path) == 0 &&
	    gv_file_read(&text, AT_FDCWD, path.p, 256) == 0 &&
	    text.len == 2 * (size_t)(GV_OID_HEX + 1) &&
	    gv_oid_parse(&was, text.p) == 0 && gv_oid_equal(&was, at))
		is = gv_oid_parse(out, text.p + GV_OID_HEX + 1) == 0;
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_err_restore(before);
	return is;
}

static void
remember(const struct gv_repo *repo, const struct gv_oid *at,
    const struct gv_oid *digest)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save(), hex[GV_OID_HEX + 1];

	gv_buf_addf(&path, "%s/" CACHE, repo->vault_dir);
	gv_oid_format(hex, at);
	gv_buf_addf(&text, "%s\n", hex);
	gv_oid_format(hex, digest);
	gv_buf_addf(&text, "%s\n", hex);
	if (gv_buf_check(&path) == 0 && gv_buf_check(&text) == 0)
		(void)gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0600, false);
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_err_restore(before);
}

/* The stamp is taken before and behind: hg writes its own cache of the status.
 */
int
gv_working_copy_digest(struct gv_working_copy *wc, struct gv_repo *repo)
{
	const enum gv_foreign_kind kind = gv_foreign_kind_of(repo->git_dir);
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid at;
	size_t i;
	int r;

	memset(&wc->digest, 0, sizeof(wc->digest));
	if (kind == GV_FOREIGN_NONE)
		return 0;
	if ((r = gv_working_copy_stamp(&at, NULL, repo, kind, 0)) < 0 ||
	    recall(&wc->digest, repo, &at))
		goto out;
	if ((r = gv_working_copy_gather(wc, repo)) < 0)
		goto out;
	for (i = 0; i < wc->n; i++)
		if (is_counted(wc->files[i].name)) {
			gv_buf_addf(&text, "%s\n", wc->files[i].name);
			gv_buf_add(
			    &text, wc->files[i].text.p, wc->files[i].text.len);
		}
	if ((r = gv_buf_check(&text)) < 0)
		goto out;
	gv_hash_object(&wc->digest, GV_OTYPE_BLOB, text.p, text.len);
	if (wc->n && (r = gv_working_copy_stamp(&at, NULL, repo, kind, 0)) == 0)
		remember(repo, &at, &wc->digest);
out:
	gv_buf_release(&text);
	return r < 0 ? r : 0;
}

void
gv_working_copy_release(struct gv_working_copy *wc)
{
	forget(wc);
	free(wc->files);
	memset(wc, 0, sizeof(*wc));
}
