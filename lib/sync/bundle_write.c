#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "key/keyring_store.h"
#include "object/loose.h"
#include "object/odb.h"
#include "repo/refs.h"
#include "safe/safe.h"
#include "safe/safe_scopes.h"
#include "safe/safe_who.h"
#include "sync/bundle_internal.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/outfile.h"
#include "vault/author.h"

/*
 * The form of a bundle is gitformat-bundle(5), version 2:
 *
 *	# v2 git bundle
 *	-ID COMMENT		a commit that must be there before
 *	ID REF
 *				an empty line
 *	PACK…			as git pack-objects wrote it
 *
 * Not `git bundle create`: that leaves a ref out which has moved to a commit
 * that the basis has, such as a record of an old snapshot, and does not say
 * that it needs it.
 */
#define MAGIC     "# v2 git bundle\n"
#define TREE_MODE "100644 "
#define PIECE     65536

struct writing {
	struct gv_bundle_written *out;
	struct gv_repo *repo;
	const struct gv_bundle_write_opts *opts;
	struct gv_scratch scratch;
	struct gv_bundle_manifest basis;
	bool has_basis;
	struct gv_buf text; /* of the manifest */
	struct gv_buf pack; /* the file's name */
	struct gv_buf head; /* of the bundle */
};

/* ---- the basis ---------------------------------------------------------- */

static int
take_basis(struct writing *w, const struct gv_buf *text)
{
	return gv_bundle_manifest_parse(&w->basis, text->p, text->len);
}

static int
name_basis(struct writing *w, const struct gv_buf *text)
{
	/* its name is that of its bytes, whichever file they came in */
	return gv_oid_of(
	    &w->out->manifest.basis, GV_OTYPE_BLOB, text->p, text->len);
}

/* The last export's manifest, or a file that is one. 1, or 0 where the file is
 * something else. */
static int
read_manifest(struct writing *w, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_file_read(&text, AT_FDCWD, path, GV_BUNDLE_MANIFEST_MAX);

	if (r == GV_EREFUSED || (r == 0 && (text.len == 0 || *text.p != '{'))) {
		gv_buf_release(&text);
		return 0;
	}
	if (r == 0 && (r = take_basis(w, &text)) == 0)
		r = name_basis(w, &text);
	if (r < 0 && r != GV_ENOTFOUND)
		r = gv_err_in(r, "%s", path);
	gv_buf_release(&text);
	return r < 0 ? r : 1;
}

static int
read_last(struct writing *w)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/" GV_BUNDLE_LAST, w->repo->common_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = read_manifest(w, path.p);
	if (r == GV_ENOTFOUND)
		r = gv_err(GV_EREFUSED,
		    "nothing was exported from here yet, so nothing can be "
		    "left out: export without --incremental first");
	else if (r == 0)
		r = gv_err(GV_ECORRUPT,
		    "%s, which records the last export, is damaged: export "
		    "without --incremental",
		    path.p);
	gv_buf_release(&path);
	return r < 0 ? r : 0;
}

/* One that is damaged is found now, and not when it is needed. */
static int
read_bundle(struct writing *w)
{
	struct gv_bundle bundle;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_bundle_open(&bundle, w->repo, w->opts->basis);

	if (r == 0 &&
	    (r = gv_bundle_manifest_format(&text, &bundle.manifest)) == 0 &&
	    (r = take_basis(w, &text)) == 0)
		r = name_basis(w, &text);
	gv_bundle_close(&bundle);
	gv_buf_release(&text);
	return r;
}

/* By --force the file would be replaced by what is of no use without it. */
static int
check_file(const struct writing *w)
{
	struct gv_bundle bundle;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid id;
	int r;

	if (w->opts->file == NULL ||
	    !gv_file_is_regular(AT_FDCWD, w->opts->file))
		return 0;
	if ((r = gv_bundle_open(&bundle, w->repo, w->opts->file)) == 0 &&
	    (r = gv_bundle_manifest_format(&text, &bundle.manifest)) == 0 &&
	    (r = gv_oid_of(&id, GV_OTYPE_BLOB, text.p, text.len)) == 0 &&
	    gv_oid_equal(&id, &w->out->manifest.basis))
		r = gv_err(GV_EREFUSED,
		    "%s is the basis, which would be overwritten; give the "
		    "increment another name",
		    w->opts->file);
	else if (r != GV_ENOMEM && r != GV_ECANCELED)
		r = 0; /* no vault bundle, or none that could be imported */
	gv_bundle_close(&bundle);
	gv_buf_release(&text);
	return r;
}

static int
read_basis(struct writing *w)
{
	int r;

	w->has_basis = w->opts->basis || w->opts->is_incremental;
	if (w->opts->basis == NULL)
		return w->opts->is_incremental ? read_last(w) : 0;
	if ((r = read_manifest(w, w->opts->basis)) == 0)
		r = read_bundle(w);
	return r < 0 ? gv_err_in(r, "the basis cannot be used") : 0;
}

/* ---- the manifest ------------------------------------------------------- */

static int
describe(struct writing *w)
{
	struct gv_bundle_manifest *m = &w->out->manifest;
	const struct gv_keyring_kept *kept = gv_safe_keyring(w->opts->safe);
	struct gv_buf actor = GV_BUF_INIT;
	char host[256];
	int r;

	gv_author_add_name(&actor, w->repo);
	gv_env_host(host, sizeof(host));
	r = gv_buf_check(&actor);
	m->time = w->opts->now;
	m->is_filtered = w->opts->since || w->opts->n_envs ||
	    w->opts->n_picks || gv_safe_is_partial(w->repo);
	m->actor = gv_arena_copy(&m->arena, actor.p, actor.len);
	m->host = gv_arena_copy(&m->arena, host, strlen(host));
	if (kept)
		m->keyring =
		    gv_arena_copy(&m->arena, kept->print, strlen(kept->print));
	if (r == 0 && (!m->actor || !m->host || (kept && !m->keyring)))
		r = gv_err_nomem();
	gv_buf_release(&actor);
	return r < 0 ? r : gv_bundle_manifest_format(&w->text, m);
}

static int
add_file(struct gv_buf *tree, const struct gv_repo *own, const char *name,
    const struct gv_buf *text)
{
	struct gv_oid id;
	int r = gv_loose_write(&id, own, GV_OTYPE_BLOB, text->p, text->len);

	if (r < 0)
		return r;
	gv_buf_addf(tree, TREE_MODE "%s", name);
	gv_buf_addch(tree, '\0');
	gv_buf_add(tree, id.id, GV_OID_RAW);
	return gv_buf_check(tree);
}

/* By the first identity at hand, as known-good records are: nobody is asked for
 * a passphrase, since a nightly export has none. */
static int
add_signature(struct gv_buf *tree, struct writing *w, const struct gv_repo *own)
{
	struct gv_secret key = GV_SECRET_INIT;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_sign sign;
	int r = 0;

	gv_safe_signer(&key, w->opts->safe, false);
	w->out->is_signed = key.len > 0;
	if (w->out->is_signed) {
		r = gv_sign_make(
		    &sign, &key, GV_BUNDLE_SPACE, w->text.p, w->text.len);
		if (r == 0 &&
		    (r = gv_sign_format(&text, &sign, GV_BUNDLE_SPACE)) == 0)
			r = add_file(tree, own, "manifest.sig", &text);
	}
	gv_secret_release(&key);
	gv_buf_release(&text);
	return r;
}

/* Into the scratch, since nothing in the repository is to name it. */
static int
write_manifest(struct writing *w)
{
	struct gv_buf tree = GV_BUF_INIT, commit = GV_BUF_INIT;
	struct gv_repo *over;
	char hex[GV_OID_HEX + 1];
	struct gv_oid id;
	int r;

	if ((r = gv_scratch_enter(&w->scratch, &over)) < 0 ||
	    (r = add_file(&tree, over, "manifest", &w->text)) < 0 ||
	    (r = add_signature(&tree, w, over)) < 0)
		goto out;
	r = gv_loose_write(&id, over, GV_OTYPE_TREE, tree.p, tree.len);
	if (r < 0)
		goto out;
	gv_oid_format(hex, &id);
	gv_buf_addf(&commit, "tree %s\n", hex);
	if ((r = gv_author_add(&commit, w->repo, w->opts->now)) < 0)
		goto out;
	gv_buf_addf(&commit, "git-vault bundle\n\nVault-Format: 1\n");
	if ((r = gv_buf_check(&commit)) < 0)
		goto out;
	r = gv_loose_write(
	    &w->out->id, over, GV_OTYPE_COMMIT, commit.p, commit.len);
out:
	gv_scratch_leave(&w->scratch);
	gv_buf_release(&tree);
	gv_buf_release(&commit);
	return r;
}

/* ---- the pack ----------------------------------------------------------- */

/* Without bitmaps where there is a basis: by these git leaves out all that the
 * basis reaches, and the bundle then needs more than it says. */
static int
write_pack(struct writing *w)
{
	struct gv_buf base = GV_BUF_INIT, in = GV_BUF_INIT;
	const char *const argv[] = { "git", "-c", "pack.packSizeLimit=0", "-c",
		w->has_basis ? "pack.useBitmaps=false" : "pack.useBitmaps=true",
		"pack-objects", "--revs", "-q", "--delta-base-offset", NULL,
		NULL };
	const char *words[sizeof(argv) / sizeof(argv[0])];
	struct gv_proc p = GV_PROC_INIT;
	char hex[GV_OID_HEX + 1];
	int r = gv_bundle_choose_list(
	    &in, w->repo, &w->out->manifest, w->has_basis ? &w->basis : NULL);

	gv_oid_format(hex, &w->out->id);
	gv_buf_addf(&in, "%s\n", hex);
	gv_buf_addf(&base, "%s/out", w->scratch.dir.p);
	if (r == 0 && (r = gv_buf_check(&in)) == 0)
		r = gv_buf_check(&base);
	memcpy(words, argv, sizeof(argv));
	words[sizeof(argv) / sizeof(argv[0]) - 2] = base.p;
	if (r < 0 || (r = gv_scratch_git(&p, &w->scratch, words, &in)) < 0)
		goto out;
	if (p.status || p.out.len != GV_OID_HEX + 1) {
		r = gv_err(GV_ERROR,
		    "git pack-objects cannot pack the bundle: %s; to find "
		    "missing objects: git vault verify --all",
		    gv_proc_why(&p));
		goto out;
	}
	gv_buf_addf(&w->pack, "%s-%.*s.pack", base.p, GV_OID_HEX, p.out.p);
	r = gv_buf_check(&w->pack);
out:
	gv_proc_release(&p);
	gv_buf_release(&base);
	gv_buf_release(&in);
	return r;
}

/* ---- the file ----------------------------------------------------------- */

static void
add_head_line(struct gv_buf *out, const struct gv_oid *id, const char *ref)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, id);
	gv_buf_addf(out, "%s %s\n", hex, ref);
}

static int
make_head(struct writing *w)
{
	const struct gv_bundle_manifest *m = &w->out->manifest;
	size_t i;

	gv_buf_addstr(&w->head, MAGIC);
	for (i = 0; i < m->needs.n; i++) {
		gv_buf_addch(&w->head, '-');
		add_head_line(&w->head, &m->needs.ids[i], "");
	}
	for (i = 0; i < m->n_refs; i++)
		if (m->refs[i].is_in)
			add_head_line(
			    &w->head, &m->refs[i].id, m->refs[i].name);
	add_head_line(&w->head, &w->out->id, GV_REF_BUNDLE_MANIFEST);
	gv_buf_addch(&w->head, '\n');
	return gv_buf_check(&w->head);
}

/* All bytes of it, in pieces. */
static int
pour(struct writing *w, int (*to)(void *ctx, const void *data, size_t len),
    void *ctx)
{
	char *piece = malloc(PIECE);
	struct stat st;
	ssize_t n;
	int fd = -1, r = piece ? make_head(w) : gv_err_nomem();

	if (r == 0 && (r = gv_file_open(&fd, &st, AT_FDCWD, w->pack.p)) == 0)
		r = to(ctx, w->head.p, w->head.len);
	w->out->bytes = w->head.len;
	while (r == 0 && (n = gv_file_read_some(fd, piece, PIECE)) != 0) {
		if (n < 0)
			r = gv_err_sys("cannot read %s", w->pack.p);
		else if (gv_cancel_requested())
			r = gv_cancel_error();
		else
			r = to(ctx, piece, (size_t)n);
		w->out->bytes += n > 0 ? (uint64_t)n : 0;
	}
	gv_file_close(fd);
	free(piece);
	return r;
}

static struct gv_outfile
outfile_of(const struct writing *w)
{
	return (struct gv_outfile){ .path = w->opts->file,
		.mode = 0666,
		.replaces = w->opts->force,
		.instead = "--force replaces it, or give another name" };
}

static int
write_file(struct writing *w)
{
	struct gv_outfile file = outfile_of(w);
	int r = gv_outfile_open(&file);

	return r < 0
	    ? r
	    : gv_outfile_close(&file, pour(w, gv_outfile_write, &file));
}

/* Bytes that somebody holds are not written. */
static int
write_stream(struct writing *w)
{
	int r = pour(w, w->opts->write, w->opts->ctx);

	return r < 0 ? r : w->opts->flush(w->opts->ctx);
}

/* What --incremental goes by; only once the bundle is there, which is whole
 * without it: the next one has more than it needs to. */
static int
remember(struct writing *w)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/" GV_BUNDLE_LAST, w->repo->common_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, w->text.p, w->text.len, 0666, true);
	gv_buf_release(&path);
	if (r < 0)
		w->out->unnoted = strdup(gv_err_message());
	return r < 0 && w->out->unnoted == NULL ? gv_err_nomem() : 0;
}

/* ---- all of it ---------------------------------------------------------- */

static int
check(struct writing *w)
{
	const struct gv_outfile file = outfile_of(w);

	if (w->repo->shallow)
		return gv_err(GV_EREFUSED,
		    "this repository is shallow, and a bundle of it would lack "
		    "commits that snapshots need: fetch them by `git fetch "
		    "--unshallow`");
	return file.path ? gv_outfile_check(&file) : 0;
}

static int
write_all(struct writing *w)
{
	size_t i;
	int r = gv_scratch_open(&w->scratch, w->repo, GV_SCRATCH_BESIDE);

	if (r < 0 || (r = read_basis(w)) < 0 ||
	    (w->has_basis && (r = check_file(w)) < 0) ||
	    (r = gv_bundle_choose(w->out, &w->scratch, w->opts,
		 w->has_basis ? &w->basis : NULL)) < 0 ||
	    (r = describe(w)) < 0)
		return r;
	for (i = 0; i < w->out->manifest.n_refs; i++)
		w->out->n_in += w->out->manifest.refs[i].is_in;
	if (w->opts->dry_run)
		return 0;
	if ((r = write_manifest(w)) == 0 && (r = write_pack(w)) == 0)
		r = w->opts->file ? write_file(w) : write_stream(w);
	return r < 0 ? r : remember(w);
}

int
gv_bundle_write(struct gv_bundle_written *out, struct gv_repo *repo,
    const struct gv_bundle_write_opts *opts)
{
	struct writing w = { .out = out,
		.repo = repo,
		.opts = opts,
		.scratch = GV_SCRATCH_INIT,
		.basis = GV_BUNDLE_MANIFEST_INIT,
		.text = GV_BUF_INIT,
		.pack = GV_BUF_INIT,
		.head = GV_BUF_INIT };
	int r;

	memset(out, 0, sizeof(*out));
	out->found = out->allow = (struct gv_buf)GV_BUF_INIT;
	if ((r = check(&w)) == 0)
		r = write_all(&w);
	gv_scratch_close(&w.scratch);
	gv_bundle_manifest_release(&w.basis);
	gv_buf_release(&w.text);
	gv_buf_release(&w.pack);
	gv_buf_release(&w.head);
	return r;
}

void
gv_bundle_written_release(struct gv_bundle_written *written)
{
	if (written == NULL)
		return;
	gv_bundle_manifest_release(&written->manifest);
	gv_buf_release(&written->found);
	gv_buf_release(&written->allow);
	free(written->unnoted);
	written->unnoted = NULL;
}
