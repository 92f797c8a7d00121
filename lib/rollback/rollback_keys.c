#include "rollback/rollback_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "policy/disclosure.h"
#include "repo/repo.h"
#include "rollback/configkeys.h"
#include "rollback/configkeys_change.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "view/content.h"
#include "view/revealed.h"

struct gv_rollback_keys {
	struct gv_repo *repo;
	const struct gv_record *rec;
	struct gv_safe *safe; /* NULL: nothing is opened */
	/* made when first needed */
	struct gv_revealed *given;
	struct gv_revealed_reader *reader;
	struct gv_disclosure disclosure;
	int root; /* the working tree; -1 */
};

/* One file. */
struct pair {
	struct gv_rollback_keys *k;
	struct gv_secret then, now;
	struct gv_revealed_stood
	    *stood; /* in `then`, what is encrypted of it */
	size_t n_stood;
	bool is_whole; /* all of it is */
};

int
gv_rollback_keys_open(struct gv_rollback_keys **out, struct gv_repo *repo,
    const struct gv_record *rec, struct gv_safe *safe)
{
	struct gv_rollback_keys *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return gv_err_nomem();
	k->repo = repo;
	k->rec = rec;
	k->safe = safe;
	k->root = -1;
	k->disclosure = (struct gv_disclosure)GV_DISCLOSURE_INIT(repo);
	*out = k;
	return 0;
}

static int
prepare(struct gv_rollback_keys *k)
{
	struct gv_odb *odb;
	int r;

	if (k->reader)
		return 0;
	if (k->root < 0)
		k->root = gv_dir_open_root(k->repo->worktree);
	if (k->root < 0)
		return gv_err_sys("cannot open %s", k->repo->worktree);
	r = gv_repo_odb(k->repo, &odb);
	if (r == 0 && k->given == NULL)
		r = gv_revealed_load(&k->given, odb, k->rec, GV_REVEALED_TREE);
	return r < 0 ? r : gv_revealed_reader_new(&k->reader, odb, k->safe);
}

void
gv_rollback_keys_close(struct gv_rollback_keys *k)
{
	if (k == NULL)
		return;
	gv_revealed_reader_free(k->reader);
	gv_revealed_free(k->given);
	gv_disclosure_release(&k->disclosure);
	gv_file_close(k->root);
	free(k);
}

/* ---- the two texts ------------------------------------------------------- */

/* Nothing is said of what ends with this. */
#define UNTOLD GV_ENOTFOUND

static int
add_bytes(void *ctx, const void *data, size_t len)
{
	struct gv_secret *s = ctx;

	if (len > GV_CONFIGKEYS_TEXT_MAX - s->len)
		return UNTOLD;
	return gv_secret_add(s, data, len);
}

static int
read_then(struct pair *p, const char *path)
{
	struct gv_rollback_keys *k = p->k;
	struct gv_revealed_left left;
	struct gv_revealed_what what = { .file = gv_revealed_find(
					     k->given, path, strlen(path)) };
	struct gv_content c;
	int r = gv_content_find(&c, k->repo, k->rec, path);

	if (r < 0)
		return r;
	if (c.mode != GV_MODE_FILE && c.mode != GV_MODE_EXEC)
		return UNTOLD;
	if (what.file == NULL)
		return gv_content_stream(k->repo, &c, add_bytes, &p->then);
	p->stood = calloc(what.file->n, sizeof(*p->stood));
	if (p->stood == NULL)
		return gv_err_nomem();
	p->n_stood = what.file->n;
	what.oid = c.oid;
	what.is_chunked = c.is_chunked;
	what.stood = p->stood;
	return gv_revealed_stream(&left, k->reader, &what, add_bytes, &p->then);
}

static int
read_now(struct pair *p, const char *path)
{
	struct gv_secret *text = &p->now;
	struct stat st;
	ssize_t n;
	int fd = gv_dir_open_file(p->k->root, path, strlen(path)), r;

	if (fd < 0)
		return UNTOLD;
	r = gv_dir_stat_fd(fd, &st) < 0 || st.st_size < 0 ||
		(uint64_t)st.st_size > GV_CONFIGKEYS_TEXT_MAX
	    ? UNTOLD
	    : gv_secret_grow(text, (size_t)st.st_size + 1);
	if (r == 0) {
		n = gv_file_read_full(fd, text->p, (size_t)st.st_size + 1);
		/* one that grows is being written */
		if (n < 0 || n > st.st_size)
			r = UNTOLD;
		else
			text->len = (size_t)n;
	}
	gv_file_close(fd);
	return r;
}

static int
looks_secret(void *ctx, char *name)
{
	struct gv_rollback_keys *k = ctx;
	struct gv_disclosed found;

	return gv_disclosure_find(&found, &k->disclosure, name);
}

static int
read_both(struct pair *p, const char *path)
{
	int r = prepare(p->k);

	if (r == 0 && (r = read_now(p, path)) == 0)
		r = read_then(p, path);
	if (r < 0)
		return r;
	p->is_whole = p->n_stood == 1 && p->stood->at == 0 &&
	    p->stood->len == p->then.len;
	return p->is_whole && p->stood->is_left ? UNTOLD : 0;
}

int
gv_rollback_keys_find(struct gv_configkeys_changes *out,
    struct gv_rollback_keys *k, const char *path, struct gv_arena *arena)
{
	const struct gv_configkeys_how how = { .looks_secret = looks_secret,
		.ctx = k };
	struct pair p = { .k = k };
	int r;

	*out = (struct gv_configkeys_changes){ .n = 0 };
	if (!gv_configkeys_knows(path))
		return 0;
	if ((r = read_both(&p, path)) == 0)
		r = gv_configkeys_change_find(out, path,
		    &(struct gv_configkeys_text){ .p = p.now.p,
			.len = p.now.len,
			.is_whole = p.is_whole },
		    &(struct gv_configkeys_text){ .p = p.then.p,
			.len = p.then.len,
			.stood = p.stood,
			.n = p.n_stood,
			.is_whole = p.is_whole },
		    &how, arena);
	gv_secret_release(&p.then);
	gv_secret_release(&p.now);
	free(p.stood);
	return r == UNTOLD ? 0 : r;
}
