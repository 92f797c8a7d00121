#include "safe/lifecycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "seal/withheld.h"
#include "sys/clock.h"
#include "sys/lock.h"
#include "vault/label.h"
#include "vault/ledger.h"
#include "vault/trailer.h"

/*
 * A head line, an empty line, and lines as trailers are:
 *
 *	git-vault rotation 1
 *
 *	next: 40 digits
 *	time: 2026-11-20T07:12:44Z
 *	reason: the migration
 *
 * The others are called "revocation", without a next, and "name", with the name
 * alone.
 */

#define TRIES     10
#define PAUSE_MS  20
#define NAME_SIZE (2 * GV_DIGEST_BYTES + 16)

const char *const gv_lifecycle_suffix[GV_LIFECYCLE_KINDS] = { ".next",
	".revoked", ".name" };

static const char *const heads[GV_LIFECYCLE_KINDS] = { "git-vault rotation ",
	"git-vault revocation ", "git-vault name " };

void
gv_lifecycle_release(struct gv_lifecycle *life)
{
	if (life == NULL)
		return;
	free(life->rotated_reason);
	free(life->revoked_reason);
	free(life->name);
	memset(life, 0, sizeof(*life));
}

/* ---- the text ---- */

static int
damaged(enum gv_lifecycle_kind kind)
{
	return gv_err(GV_ECORRUPT,
	    "a file *%s of an encrypted secret is damaged",
	    gv_lifecycle_suffix[kind]);
}

/* What a text says, before it is known to be whole. */
struct said {
	bool has_next, has_time;
	struct gv_digest next;
	int64_t time;
	char *reason, *name;
};

static int
read_line(struct said *s, const struct gv_trailer *t)
{
	char again[GV_TIME_MAX], compact[GV_TIME_MAX];
	size_t i, n = 0;

	if (gv_trailer_is(t, "reason") && s->reason == NULL)
		return gv_trailer_read(
		    &s->reason, "reason", t->value, t->value_len);
	if (gv_trailer_is(t, "name") && s->name == NULL)
		return gv_trailer_read(
		    &s->name, "name", t->value, t->value_len);
	if (gv_trailer_is(t, "next") && !s->has_next) {
		s->has_next = true;
		return t->value_len == (size_t)GV_REDACT_ID_HEX
		    ? gv_enc_unhex(s->next.bytes, t->value, GV_DIGEST_BYTES)
		    : GV_ERROR;
	}
	if (!gv_trailer_is(t, "time") || s->has_time || t->value_len != 20)
		return GV_ERROR;
	s->has_time = true;
	for (i = 0; i < 20; i++)
		if (t->value[i] != '-' && t->value[i] != ':')
			compact[n++] = t->value[i];
	if (n != 16 || gv_time_parse_compact(&s->time, compact) < 0)
		return GV_ERROR;
	gv_time_rfc3339(again, s->time);
	return memcmp(again, t->value, 20) == 0 ? 0 : GV_ERROR;
}

static int
read_all(
    struct said *s, enum gv_lifecycle_kind kind, const char *text, size_t len)
{
	size_t n = strlen(heads[kind]);
	struct gv_trailer_iter it;
	struct gv_trailer t;
	int r = 0;

	if (len < n + 3 || memcmp(text, heads[kind], n) != 0 ||
	    memchr(text, '\0', len))
		return GV_ERROR;
	if (memcmp(text + n, "1\n\n", 3) != 0)
		return text[n + 1] >= '0' || text[n] > '1'
		    ? gv_err(GV_EREFUSED,
			  "a file *%s of an encrypted secret has a newer "
			  "format",
			  gv_lifecycle_suffix[kind])
		    : GV_ERROR;
	gv_trailer_begin(&it, text, len);
	while (r == 0 && (r = gv_trailer_next(&it, &t)) > 0)
		r = read_line(s, &t);
	if (r == 0 &&
	    (s->has_next != (kind == GV_LIFECYCLE_NEXT) ||
		s->has_time != (kind != GV_LIFECYCLE_NAME) ||
		(s->name != NULL) != (kind == GV_LIFECYCLE_NAME)))
		r = GV_ERROR;
	return r;
}

static void
move(char **to, char **from)
{
	free(*to);
	*to = *from;
	*from = NULL;
}

int
gv_lifecycle_parse(struct gv_lifecycle *life, enum gv_lifecycle_kind kind,
    const char *text, size_t len)
{
	struct said s = { .has_next = false };
	int r = read_all(&s, kind, text, len);

	if (r == GV_ERROR || r == GV_ECORRUPT)
		r = damaged(kind);
	if (r < 0)
		goto out;
	if (kind == GV_LIFECYCLE_NEXT) {
		life->is_rotated = true;
		life->next = s.next;
		life->rotated = s.time;
		move(&life->rotated_reason, &s.reason);
	} else if (kind == GV_LIFECYCLE_REVOKED) {
		life->is_revoked = true;
		life->revoked = s.time;
		move(&life->revoked_reason, &s.reason);
	} else {
		move(&life->name, &s.name);
	}
out:
	free(s.reason);
	free(s.name);
	return r;
}

void
gv_lifecycle_format(struct gv_buf *out, enum gv_lifecycle_kind kind,
    const struct gv_lifecycle *life)
{
	bool next = kind == GV_LIFECYCLE_NEXT;
	const char *reason = next          ? life->rotated_reason
	    : kind == GV_LIFECYCLE_REVOKED ? life->revoked_reason
					   : NULL;
	char hex[GV_REDACT_ID_HEX + 1], when[GV_TIME_MAX];

	gv_buf_addf(out, "%s1\n\n", heads[kind]);
	if (next) {
		gv_enc_hex(hex, life->next.bytes, GV_DIGEST_BYTES);
		gv_buf_addf(out, "next: %s\n", hex);
	}
	if (kind == GV_LIFECYCLE_NAME) {
		gv_trailer_add(out, "name", life->name);
		return;
	}
	gv_time_rfc3339(when, next ? life->rotated : life->revoked);
	gv_buf_addf(out, "time: %s\n", when);
	if (reason)
		gv_trailer_add(out, "reason", reason);
}

/* ---- reading ---- */

int
gv_lifecycle_load(struct gv_lifecycle *life, enum gv_lifecycle_kind kind,
    struct gv_odb *odb, const struct gv_oid *blob)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, blob, GV_OTYPE_BLOB);

	if (r == 0)
		r = gv_lifecycle_parse(
		    life, kind, (const char *)obj.data, obj.len);
	gv_object_release(&obj);
	return r;
}

/* The ledger of a scope; all zero where there is none. */
static int
load_scope(struct gv_ledger *out, struct gv_buf *name, struct gv_repo *repo,
    const char *scope)
{
	struct gv_refs refs = { 0 };
	const struct gv_ref *ref;
	struct gv_odb *odb;
	int r = gv_label_is_valid(scope)
	    ? gv_repo_odb(repo, &odb)
	    : gv_err(GV_EUSAGE, "no scope is called '%s'", scope);

	gv_buf_addf(name, GV_REFS_SECRETS "%s", scope);
	if (r == 0 && (r = gv_buf_check(name)) == 0)
		r = gv_ref_list(&refs, repo, GV_REFS_SECRETS);
	ref = r == 0 ? gv_refs_find(&refs, name->p) : NULL;
	if (r == 0)
		r = gv_ledger_load(out, odb, ref ? &ref->oid : NULL);
	gv_refs_release(&refs);
	return r;
}

int
gv_lifecycle_find(struct gv_lifecycle *out, struct gv_repo *repo,
    const char *scope, const struct gv_digest *id)
{
	struct gv_lifecycle life = { .is_rotated = false };
	struct gv_buf name = GV_BUF_INIT;
	struct gv_ledger ledger;
	char path[NAME_SIZE], hex[GV_REDACT_ID_HEX + 1];
	struct gv_oid blob;
	unsigned mode, kind;
	int r = load_scope(&ledger, &name, repo, scope);

	memset(out, 0, sizeof(*out));
	gv_enc_hex(hex, id->bytes, GV_DIGEST_BYTES);
	for (kind = 0; r == 0 && kind < GV_LIFECYCLE_KINDS; kind++) {
		if (gv_oid_is_zero(&ledger.tree))
			break;
		snprintf(path, sizeof(path), "%.2s/%s%s", hex, hex,
		    gv_lifecycle_suffix[kind]);
		r = gv_tree_find_mend(
		    repo->odb, &ledger.tree, path, &mode, &blob);
		if (r == 0)
			r = gv_lifecycle_load(&life, kind, repo->odb, &blob);
		else if (r == GV_ENOTFOUND)
			r = 0;
	}
	if (r == 0)
		*out = life;
	else
		gv_lifecycle_release(&life);
	gv_buf_release(&name);
	return r;
}

struct each {
	struct gv_odb *odb;
	enum gv_lifecycle_kind kind;
	int (*fn)(void *ctx, const struct gv_digest *id,
	    const struct gv_lifecycle *life);
	void *ctx;
};

static int
visit(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	const struct each *each = ctx;
	struct gv_lifecycle life = { .is_rotated = false };
	struct gv_digest id;
	int r;

	(void)path;
	if (e->mode == GV_MODE_DIR)
		return len == 2 ? 0 : 1;
	if (e->name_len <= GV_REDACT_ID_HEX ||
	    strcmp(e->name + GV_REDACT_ID_HEX,
		gv_lifecycle_suffix[each->kind]) != 0 ||
	    gv_enc_unhex(id.bytes, e->name, GV_DIGEST_BYTES) < 0)
		return 0;
	if ((r = gv_lifecycle_load(&life, each->kind, each->odb, &e->oid)) == 0)
		r = each->fn(each->ctx, &id, &life);
	gv_lifecycle_release(&life);
	return r;
}

int
gv_lifecycle_each(struct gv_repo *repo, const char *scope,
    enum gv_lifecycle_kind kind,
    int (*fn)(
	void *ctx, const struct gv_digest *id, const struct gv_lifecycle *life),
    void *ctx)
{
	struct each each = { NULL, kind, fn, ctx };
	struct gv_buf name = GV_BUF_INIT;
	struct gv_ledger ledger;
	int r = load_scope(&ledger, &name, repo, scope);

	if (r == 0 && !gv_oid_is_zero(&ledger.tree)) {
		each.odb = repo->odb;
		r = gv_tree_walk_mend(repo->odb, &ledger.tree, visit, &each);
	}
	gv_buf_release(&name);
	return r;
}

/* ---- writing ---- */

static int
write_blob(struct gv_ledger_edit *edit, struct gv_ledger_change *out,
    const struct gv_lifecycle_change *c)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	memset(&out->oid, 0, sizeof(out->oid));
	out->mode = c->is_tree ? GV_MODE_DIR : GV_MODE_FILE;
	if (c->life == NULL)
		return 0;
	gv_lifecycle_format(&text, c->kind, c->life);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_ledger_blob(edit, &out->oid, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

/* What an edit changes: files, sorted by their names and so by their folders,
 * which are changed each as a whole. */
struct files {
	struct gv_ledger_change *files, *dirs;
	char (*names)[NAME_SIZE], (*folders)[3];
	size_t n, n_dirs;
};

static int
compare_files(const void *a, const void *b)
{
	const struct gv_ledger_change *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
write_files(struct files *f, struct gv_ledger_edit *edit,
    const struct gv_lifecycle_change *changes, size_t n)
{
	char hex[GV_REDACT_ID_HEX + 1];
	size_t i, k;
	int r = 0;

	f->files = calloc(n + 1, sizeof(*f->files));
	f->dirs = calloc(n + 1, sizeof(*f->dirs));
	f->names = calloc(n + 1, sizeof(*f->names));
	f->folders = calloc(n + 1, sizeof(*f->folders));
	if (!f->files || !f->dirs || !f->names || !f->folders)
		return gv_err_nomem();
	for (; r == 0 && f->n < n; f->n++) {
		const struct gv_lifecycle_change *c = &changes[f->n];

		gv_enc_hex(hex, c->id.bytes, GV_DIGEST_BYTES);
		snprintf(f->names[f->n], NAME_SIZE, "%s%s", hex,
		    c->kind == GV_LIFECYCLE_VALUE
			? ".age"
			: gv_lifecycle_suffix[c->kind]);
		f->files[f->n].name = f->names[f->n];
		r = write_blob(edit, &f->files[f->n], c);
	}
	if (r < 0)
		return r;
	/* of the same statement twice, any is as good as the other */
	qsort(f->files, f->n, sizeof(*f->files), compare_files);
	for (i = 1, k = f->n > 0; i < f->n; i++)
		if (strcmp(f->files[i].name, f->files[k - 1].name) != 0)
			f->files[k++] = f->files[i];
	f->n = k;
	return 0;
}

/* The files of one folder; how many they are. */
static int
write_folder(struct files *f, struct gv_ledger_edit *edit,
    const struct gv_oid *root, size_t at, size_t *end)
{
	struct gv_ledger_change *dir = &f->dirs[f->n_dirs];
	char *folder = f->folders[f->n_dirs++];
	struct gv_oid old = { { 0 } };
	unsigned mode = GV_MODE_DIR;
	int r;

	memcpy(folder, f->files[at].name, 2);
	dir->name = folder;
	dir->mode = GV_MODE_DIR;
	for (*end = at;
	     *end < f->n && strncmp(f->files[*end].name, folder, 2) == 0;
	     ++*end)
		;
	r = gv_oid_is_zero(root)
	    ? 0
	    : gv_tree_find_mend(edit->odb, root, folder, &mode, &old);
	/* a file in its place says nothing of a value */
	if (r == 0 && mode != GV_MODE_DIR)
		memset(&old, 0, sizeof(old));
	if (r == GV_ENOTFOUND)
		r = 0;
	return r < 0
	    ? r
	    : gv_ledger_tree(edit, &dir->oid, &old, f->files + at, *end - at);
}

static int
write_root(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_oid *root, const struct gv_lifecycle_change *changes,
    size_t n)
{
	struct files f = { .n = 0 };
	size_t at = 0;
	int r = write_files(&f, edit, changes, n);

	while (r == 0 && at < f.n)
		r = write_folder(&f, edit, root, at, &at);
	if (r == 0)
		r = gv_ledger_tree(edit, out, root, f.dirs, f.n_dirs);
	free(f.files);
	free(f.dirs);
	free(f.names);
	free(f.folders);
	return r;
}

static int
try_once(struct gv_repo *repo, const char *scope,
    const struct gv_lifecycle_change *changes, size_t n, int64_t now)
{
	struct gv_ledger_edit edit = { 0 };
	struct gv_buf name = GV_BUF_INIT;
	struct gv_ledger ledger;
	struct gv_oid root;
	int r = load_scope(&ledger, &name, repo, scope);

	if (r == 0 && (r = gv_ledger_begin(&edit, repo, now)) == 0 &&
	    (r = write_root(&edit, &root, &ledger.tree, changes, n)) == 0 &&
	    (r = gv_ledger_step(
		 &edit, &ledger, name.p, &root, "say of sealed values")) == 0)
		r = gv_ledger_publish(&edit);
	gv_ledger_end(&edit);
	gv_buf_release(&name);
	return r;
}

int
gv_lifecycle_save(struct gv_repo *repo, const char *scope,
    const struct gv_lifecycle_change *changes, size_t n, int64_t now)
{
	unsigned mask = gv_repo_share(repo);
	int lock = -1, i, r = gv_repo_lock(&lock, repo, 0);

	for (i = 0; r == 0 && i < TRIES; i++) {
		r = try_once(repo, scope, changes, n, now);
		if (r != GV_EEXISTS)
			break;
		gv_clock_sleep(PAUSE_MS * (i + 1));
		r = i + 1 < TRIES ? gv_odb_refresh(repo->odb)
				  : gv_err(GV_ELOCKED,
					"others change the values of '%s' "
					"again and again; try later",
					scope);
	}
	gv_lock_close(lock);
	gv_repo_unshare(mask);
	return r;
}
