#include <assert.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "format/canon.h"
#include "format/unjson.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "replica/replica_internal.h"
#include "replica/target.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/proc.h"

/*
 *	{"encrypted":false,"format":1,"hash":"sha1","roots":["ID",…],
 *	 "store":"32 DIGITS"}
 *
 * Written once, when the store is empty, and signed by nobody: it tells a slip
 * of the address from a mistake. The manifests, which are signed, name the same
 * id.
 */
#define FORMAT     1
#define FORMAT_MAX ((size_t)64 * 1024)

/* ---- the text ----------------------------------------------------------- */

static int
format_text(struct gv_buf *out, const struct gv_replica *rep,
    const struct gv_buf *roots)
{
	struct gv_canon c = { .out = out };
	char hex[GV_OID_HEX + 1] = "";
	size_t at;

	gv_canon_map(&c, NULL);
	gv_canon_bool(&c, "encrypted", rep->is_encrypted);
	gv_canon_number(&c, "format", FORMAT);
	gv_canon_text(&c, "hash", "sha1");
	gv_canon_list(&c, "roots");
	for (at = 0; at + GV_OID_HEX < roots->len; at += GV_OID_HEX + 1) {
		memcpy(hex, roots->p + at, GV_OID_HEX);
		gv_canon_text(&c, NULL, hex);
	}
	gv_canon_end(&c);
	gv_canon_text(&c, "store", rep->id);
	gv_canon_end(&c);
	gv_buf_addch(out, '\n');
	return gv_buf_check(out);
}

static bool
is_id(const char *text)
{
	static const char digits[] = "0123456789abcdef";

	return text && strlen(text) == GV_REPLICA_ID &&
	    strspn(text, digits) == GV_REPLICA_ID;
}

static int
read_root(char id[GV_REPLICA_ID + 1], bool *is_encrypted, struct gv_buf *roots,
    const struct gv_unjson_node *root)
{
	const struct gv_unjson_node *sealed = gv_unjson_get(root, "encrypted");
	const struct gv_unjson_node *list = gv_unjson_get(root, "roots"), *node;
	const char *store = gv_unjson_get_text(root, "store");
	const char *hash = gv_unjson_get_text(root, "hash");
	int64_t format = gv_unjson_count(gv_unjson_get(root, "format"));
	struct gv_oid oid;

	if (format > FORMAT || (hash && strcmp(hash, "sha1") != 0))
		return gv_err(GV_EREFUSED,
		    "the store is of a newer format than this program knows: a "
		    "newer git-vault is needed");
	if (format != FORMAT || !is_id(store) || hash == NULL)
		return gv_err(GV_ECORRUPT,
		    "the store's object 'format' is damaged, or of something "
		    "else");
	memcpy(id, store, GV_REPLICA_ID + 1);
	*is_encrypted = sealed && sealed->kind == GV_UNJSON_TRUE;
	for (node = list ? list->first : NULL; roots && node; node = node->next)
		if (node->kind == GV_UNJSON_TEXT && node->len == GV_OID_HEX &&
		    gv_oid_parse(&oid, node->text) == 0)
			gv_buf_addf(roots, "%s\n", node->text);
	return roots ? gv_buf_check(roots) : 0;
}

int
gv_replica_format_parse(char id[GV_REPLICA_ID + 1], bool *is_encrypted,
    struct gv_buf *roots, const char *text, size_t len)
{
	struct gv_buf copy = GV_BUF_INIT;
	struct gv_unjson *doc = NULL;
	int r;

	gv_buf_add(&copy, text, len);
	if ((r = gv_buf_check(&copy)) == 0)
		r = gv_unjson_parse(&doc, "format", copy.p, copy.len);
	if (r == GV_EREFUSED)
		r = gv_err(GV_ECORRUPT,
		    "the store's object 'format' is no JSON: it is not of "
		    "git-vault");
	if (r == 0)
		r = read_root(id, is_encrypted, roots, gv_unjson_root(doc));
	gv_unjson_free(doc);
	gv_buf_release(&copy);
	return r;
}

/* ---- read --------------------------------------------------------------- */

int
gv_replica_format_load(struct gv_buf *roots, struct gv_replica *rep)
{
	struct gv_buf text = GV_BUF_INIT;
	int r =
	    gv_replica_fetch(&text, NULL, rep, GV_REPLICA_FORMAT, FORMAT_MAX);

	if (r == 0)
		r = gv_replica_format_parse(
		    rep->id, &rep->is_encrypted, roots, text.p, text.len);
	gv_buf_release(&text);
	if (r < 0 || rep->repo == NULL ||
	    rep->is_encrypted == rep->target->encrypts)
		return r;
	return rep->is_encrypted
	    ? gv_err(GV_EREFUSED,
		  "the store at %s is encrypted, and the target '%s' is not: "
		  "git config vault.target.%s.encrypt true",
		  gv_store_url(rep->store), rep->target->name,
		  rep->target->name)
	    : gv_err(GV_EREFUSED,
		  "the target '%s' is to be encrypted, and the store at %s is "
		  "not: choose another prefix for it",
		  rep->target->name, gv_store_url(rep->store));
}

/* ---- made --------------------------------------------------------------- */

/* The commits at which the history of HEAD begins. */
static int
find_roots(struct gv_buf *out, const struct gv_repo *repo)
{
	static const char *const argv[] = { "git", "rev-list",
		"--max-parents=0", "--max-count=64", "HEAD", "--", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (gv_oid_is_zero(&repo->head))
		return 0;
	r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0 && p.status)
		r = gv_err(GV_ERROR, "git cannot list the first commits: %s",
		    gv_proc_why(&p));
	if (r == 0) {
		gv_buf_add(out, p.out.p, p.out.len);
		r = gv_buf_check(out);
	}
	gv_proc_release(&p);
	return r;
}

/* Histories that have no beginning in common are of two projects. */
static int
check_project(const struct gv_replica *rep, const struct gv_buf *roots)
{
	struct gv_odb *odb;
	struct gv_oid oid;
	size_t at;
	int r;

	assert(rep->repo);
	if ((r = gv_repo_odb(rep->repo, &odb)) < 0 || roots->len == 0 ||
	    gv_oid_is_zero(&rep->repo->head))
		return r;
	for (at = 0; at + GV_OID_HEX < roots->len; at += GV_OID_HEX + 1)
		if (gv_oid_parse(&oid, roots->p + at) == 0 &&
		    gv_odb_has(odb, &oid))
			return 0;
	return gv_err(GV_EREFUSED,
	    "the store at %s belongs to another project, whose history has no "
	    "commit in common with this clone: choose another prefix",
	    gv_store_url(rep->store));
}

static int
make_id(struct gv_replica *rep)
{
	unsigned char random[GV_REPLICA_ID / 2];
	int r = gv_clock_random(random, sizeof(random));

	if (r == 0)
		gv_enc_hex(rep->id, random, sizeof(random));
	return r;
}

static int
create(struct gv_replica *rep)
{
	struct gv_buf roots = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	rep->is_encrypted = rep->target->encrypts;
	if ((r = make_id(rep)) == 0 &&
	    (r = find_roots(&roots, rep->repo)) == 0 &&
	    (r = format_text(&text, rep, &roots)) == 0)
		r = gv_replica_store_raw(rep, GV_REPLICA_FORMAT, &text,
		    GV_STORE_NEW | GV_STORE_LOCK);
	gv_buf_release(&roots);
	gv_buf_release(&text);
	return r;
}

int
gv_replica_format_make(struct gv_replica *rep)
{
	struct gv_buf roots = GV_BUF_INIT;
	int r = gv_replica_format_load(&roots, rep);

	if (r == GV_ENOTFOUND) {
		r = create(rep);
		/* another host was quicker: its id is the store's */
		if (r == 0 || r == GV_EEXISTS)
			r = gv_replica_format_load(&roots, rep);
	}
	if (r == 0)
		r = check_project(rep, &roots);
	gv_buf_release(&roots);
	return r;
}
