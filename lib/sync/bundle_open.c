#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/map.h"
#include "base/shell.h"
#include "crypto/ssh.h"
#include "key/keyring_store.h"
#include "repo/refs.h"
#include "safe/safe.h"
#include "sync/bundle_internal.h"
#include "sys/entry.h"
#include "sys/file.h"

/*
 * git reads the bundle and looks at every object in it, in a folder of its own
 * that the repository does not see; then all that the refs lead to must be
 * there. Nothing of it is believed before.
 */

#define PIECE         65536
#define NAMED_MAX     3     /* commits that are named in a message */
#define SIGNATURE_MAX 16384 /* bytes of manifest.sig; one has some 300 */

struct opening {
	struct gv_bundle *out;
	struct gv_proc heads; /* "ID REF" a line, as git lists them */
	struct gv_map by_ref; /* from a name to the line */
};

/* ---- the file ----------------------------------------------------------- */

/* What comes through a pipe is read more than once, so it is kept. */
static int
save_stdin(char **out, const struct gv_scratch *s)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_entry_file f;
	char *piece = malloc(PIECE);
	ssize_t n = 1;
	int r = piece ? 0 : gv_err_nomem();

	gv_buf_addf(&path, "%s/stdin", s->dir.p);
	if (r == 0 && (r = gv_buf_check(&path)) == 0 &&
	    gv_entry_create(&f, AT_FDCWD, path.p, 0600) < 0)
		r = gv_err_sys("cannot create %s", path.p);
	while (r == 0 && n != 0) {
		n = gv_file_read_some(STDIN_FILENO, piece, PIECE);
		if (n < 0)
			r = gv_err_sys("cannot read standard input");
		else if (gv_entry_write(&f, piece, (size_t)n) < 0)
			r = gv_err_sys("cannot write %s", path.p);
		if (r < 0 || n == 0)
			gv_entry_drop(&f);
	}
	free(piece);
	if (r == 0) {
		*out = gv_buf_take(&path);
		r = *out ? 0 : GV_ENOMEM;
	}
	gv_buf_release(&path);
	return r;
}

/* By its full name, which is no option to git, nor of another folder. */
static int
find_file(struct gv_bundle *out, const char *file)
{
	if (strcmp(file, "-") == 0)
		return save_stdin(&out->path, &out->scratch);
	out->path = gv_entry_real_path(file);
	return out->path ? 0 : gv_err_sys("cannot read %s", file);
}

/* ---- git's look at it --------------------------------------------------- */

static int
run(struct gv_proc *p, struct gv_bundle *out, const char *verb)
{
	const char *const argv[] = { "git", "bundle", verb, out->path, NULL };

	return gv_scratch_git(p, &out->scratch, argv, NULL);
}

/* Whether it is a name as git would have it, of a ref that travels or of a
 * branch. */
static bool
is_plain(const char *name)
{
	size_t len = strlen(name);
	const char *p;
	bool is_always;

	if (strcmp(name, "HEAD") == 0)
		return true;
	for (p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f ||
		    strchr("~^:?*[\\", *p) ||
		    ((*p == '.' || *p == '/') && (p[1] == '.' || p[1] == '/')))
			return false;
	return len > 5 && name[len - 1] != '/' &&
	    strcmp(name + len - 5, ".lock") != 0 &&
	    (strcmp(name, GV_REF_BUNDLE_MANIFEST) == 0 ||
		gv_bundle_manifest_is_branch(name) ||
		gv_sync_travels(&is_always, name, NULL, 0));
}

static int
add_line(struct opening *o, char *line)
{
	char *name = line + GV_OID_HEX + 1;
	struct gv_oid id;

	if (strlen(line) <= GV_OID_HEX + 1 || gv_oid_parse(&id, line) < 0)
		return gv_err(GV_ECORRUPT, "git lists a ref of it oddly");
	if (gv_map_get(&o->by_ref, name, strlen(name)))
		return gv_err(GV_ECORRUPT, "it has %s twice", name);
	return gv_map_put(&o->by_ref, name, strlen(name), line);
}

static int
list_heads(struct opening *o)
{
	char *line, *end;
	int r = run(&o->heads, o->out, "list-heads");

	if (r == 0 && o->heads.status)
		return gv_err(GV_EREFUSED,
		    "git does not read it as a bundle: %s",
		    gv_proc_why(&o->heads));
	for (line = o->heads.out.p; r == 0 && *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		r = add_line(o, line);
	}
	return r;
}

/* The ids that a message of git's names. */
static size_t
add_named(struct gv_buf *out, const char *text)
{
	const char *p;
	struct gv_oid id;
	size_t n = 0;

	for (p = text; *p; p += *p == '\n') {
		const char *word = p;

		p += strcspn(p, "\n");
		if (strncmp(word, "error: ", 7) != 0 ||
		    (size_t)(p - word) < 7 + GV_OID_HEX ||
		    gv_oid_parse(&id, word + 7) < 0)
			continue;
		if (n++ < NAMED_MAX)
			gv_buf_addf(out, "%s%.*s", n > 1 ? ", " : "",
			    GV_OID_HEX, word + 7);
	}
	return n;
}

/* That what it needs is here, and can be reached from our refs. */
static int
check_needs(struct opening *o)
{
	struct gv_buf named = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	size_t n;
	int r;

	if ((r = run(&p, o->out, "verify")) < 0)
		goto out;
	if (p.status) {
		n = add_named(&named, p.err.p);
		if ((r = gv_buf_check(&named)) < 0)
			goto out;
		if (n)
			r = gv_err(GV_EREFUSED,
			    "it continues another bundle, of which %zu "
			    "commit%s %s missing here, such as %s: import that "
			    "one first",
			    n, n == 1 ? "" : "s", n == 1 ? "is" : "are",
			    named.p);
		else
			r = gv_err(GV_ECORRUPT, "it is damaged or cut off: %s",
			    gv_proc_why(&p));
	}
out:
	gv_proc_release(&p);
	gv_buf_release(&named);
	return r;
}

static int
unpack(struct opening *o)
{
	struct gv_proc p = GV_PROC_INIT;
	int r = run(&p, o->out, "unbundle");

	if (r == 0 && p.status)
		r = gv_err(GV_ECORRUPT, "it is damaged or cut off: %s",
		    gv_proc_why(&p));
	gv_proc_release(&p);
	return r;
}

/* As git does after a fetch. */
static int
check_whole(struct opening *o)
{
	static const char *const argv[] = { "git", "rev-list", "--objects",
		"--stdin", "--not", "--all", "--quiet", "--alternate-refs",
		NULL };
	const struct gv_bundle_manifest *m = &o->out->manifest;
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf in = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r;

	for (i = 0; i < m->n_refs; i++) {
		gv_oid_format(hex, &m->refs[i].id);
		if (m->refs[i].is_in)
			gv_buf_addf(&in, "%s\n", hex);
	}
	if ((r = gv_buf_check(&in)) == 0)
		r = gv_scratch_git(&p, &o->out->scratch, argv, &in);
	if (r == 0 && p.status)
		r = gv_err(GV_ECORRUPT,
		    "objects that its refs lead to are neither in it nor here: "
		    "%s",
		    gv_proc_why(&p));
	gv_proc_release(&p);
	gv_buf_release(&in);
	return r;
}

/* ---- the manifest ------------------------------------------------------- */

/* How large a file of its tree is: 1, or 0 where there is none. */
static int
find_size(uint64_t *out, struct opening *o, const char *spec)
{
	const char *const argv[] = { "git", "cat-file", "-s", spec, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_scratch_git(&p, &o->out->scratch, argv, NULL);

	*out = 0;
	if (r == 0 && p.status == 0) {
		*out = strtoull(p.out.p, NULL, 10);
		r = 1;
	}
	gv_proc_release(&p);
	return r;
}

/* A file of its tree: 1, or 0 where there is none. What a small bundle unpacks
 * to may be large beyond all memory. */
static int
read_file(struct gv_proc *p, struct opening *o, const char *name, uint64_t most)
{
	char hex[GV_OID_HEX + 1];
	struct gv_buf spec = GV_BUF_INIT;
	const char *argv[] = { "git", "cat-file", "blob", NULL, NULL };
	uint64_t size = 0;
	int r;

	gv_oid_format(hex, &o->out->id);
	gv_buf_addf(&spec, "%s:%s", hex, name);
	argv[3] = spec.p;
	if ((r = gv_buf_check(&spec)) == 0)
		r = find_size(&size, o, spec.p);
	if (r == 1 && size > most)
		r = gv_err(GV_EREFUSED,
		    "its %s has %llu bytes, and %llu is the most that it may "
		    "have",
		    name, (unsigned long long)size, (unsigned long long)most);
	if (r == 1) {
		r = gv_scratch_git(p, &o->out->scratch, argv, NULL);
		r = r < 0 ? r : p->status == 0;
	}
	gv_buf_release(&spec);
	return r;
}

static int
check_signature(struct opening *o, const struct gv_buf *text)
{
	struct gv_proc p = GV_PROC_INIT;
	struct gv_sign sign;
	int r = read_file(&p, o, "manifest.sig", SIGNATURE_MAX);

	if (r == 1) {
		if ((r = gv_sign_parse(
			 &sign, GV_BUNDLE_SPACE, p.out.p, p.out.len)) == 0)
			r = gv_sign_check(
			    &sign, GV_BUNDLE_SPACE, text->p, text->len);
		if (r == GV_EREFUSED || r == GV_ECORRUPT)
			r = gv_err_in(GV_ECORRUPT,
			    "the signature of its manifest is not one");
		o->out->is_signed = r == 0;
		if (r == 0)
			memcpy(o->out->key, sign.key, sizeof(sign.key));
	}
	gv_proc_release(&p);
	return r;
}

static int
read_manifest(struct opening *o)
{
	const char *line = gv_map_get(
	    &o->by_ref, GV_REF_BUNDLE_MANIFEST, strlen(GV_REF_BUNDLE_MANIFEST));
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (gv_oid_parse(&o->out->id, line) < 0)
		return gv_err(GV_ECORRUPT, "git lists its manifest oddly");
	if ((r = read_file(&p, o, "manifest", GV_BUNDLE_MANIFEST_MAX)) == 0)
		r = gv_err(GV_ECORRUPT, "its manifest is empty");
	else if (r == 1)
		r = gv_bundle_manifest_parse(
		    &o->out->manifest, p.out.p, p.out.len);
	if (r == 0)
		r = check_signature(o, &p.out);
	gv_proc_release(&p);
	return r;
}

/* Each ref that the manifest says is in it, and no other. */
static int
check_refs(const struct opening *o)
{
	const struct gv_bundle_manifest *m = &o->out->manifest;
	struct gv_oid id;
	size_t i, n = 0;

	for (i = 0; i < m->n_refs; i++) {
		const struct gv_bundle_ref *ref = &m->refs[i];
		const char *line =
		    gv_map_get(&o->by_ref, ref->name, strlen(ref->name));

		if (!is_plain(ref->name))
			return gv_err(GV_EREFUSED,
			    "its manifest names %s, a ref that vaults do not "
			    "exchange",
			    ref->name);
		if (ref->is_in != (line != NULL) ||
		    (line &&
			(gv_oid_parse(&id, line) < 0 ||
			    !gv_oid_equal(&id, &ref->id))))
			return gv_err(GV_ECORRUPT,
			    "%s is not in it as its manifest says", ref->name);
		n += ref->is_in;
	}
	return n + 1 == o->by_ref.n
	    ? 0
	    : gv_err(
		  GV_ECORRUPT, "it has refs that its manifest does not know");
}

/* ---- all of it ---------------------------------------------------------- */

static int
say_foreign(const char *path)
{
	struct gv_buf word = GV_BUF_INIT;
	int r;

	gv_shell_word(&word, path);
	if ((r = gv_buf_check(&word)) == 0)
		r = gv_err(GV_EREFUSED,
		    "it has no manifest, so git vault export did not write it; "
		    "a bundle of git bundle is used as a remote: git remote "
		    "add bundle%s && git vault sync --fetch-only bundle",
		    word.p);
	gv_buf_release(&word);
	return r;
}

static int
open_all(struct opening *o)
{
	int r = list_heads(o);

	if (r == 0 &&
	    !gv_map_get(&o->by_ref, GV_REF_BUNDLE_MANIFEST,
		strlen(GV_REF_BUNDLE_MANIFEST)))
		r = say_foreign(o->out->path);
	if (r == 0 && (r = check_needs(o)) == 0 && (r = unpack(o)) == 0 &&
	    (r = read_manifest(o)) == 0)
		r = check_refs(o);
	return r < 0 ? r : check_whole(o);
}

int
gv_bundle_open(struct gv_bundle *out, struct gv_repo *repo, const char *file)
{
	struct opening o = {
		.out = out, .heads = GV_PROC_INIT, .by_ref = GV_MAP_INIT
	};
	int r;

	*out = (struct gv_bundle){ .scratch = GV_SCRATCH_INIT,
		.manifest = GV_BUNDLE_MANIFEST_INIT };
	r = gv_scratch_open(&out->scratch, repo, GV_SCRATCH_BESIDE);
	if (r == 0 && (r = find_file(out, file)) == 0) {
		r = open_all(&o);
		if (r < 0)
			r = gv_err_in(r, "%s", file);
	}
	gv_map_release(&o.by_ref);
	gv_proc_release(&o.heads);
	return r;
}

void
gv_bundle_close(struct gv_bundle *bundle)
{
	gv_scratch_close(&bundle->scratch);
	gv_bundle_manifest_release(&bundle->manifest);
	free(bundle->path);
	bundle->path = NULL;
}

const char *
gv_bundle_signer_in(
    const struct gv_bundle *bundle, const struct gv_keyring *keyring)
{
	const struct gv_keyring_recipient *who = NULL;
	struct gv_buf key = GV_BUF_INIT;

	if (bundle->is_signed && gv_ssh_add_public(&key, bundle->key) == 0)
		who = gv_keyring_find_signer(keyring, key.p);
	gv_buf_release(&key);
	return who ? who->name : NULL;
}

const char *
gv_bundle_signer(const struct gv_bundle *bundle, const struct gv_safe *safe)
{
	const struct gv_keyring_kept *kept =
	    safe ? gv_safe_keyring(safe) : NULL;

	return kept ? gv_bundle_signer_in(bundle, &kept->keyring) : NULL;
}
