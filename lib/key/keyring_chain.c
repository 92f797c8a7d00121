#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "key/keyring_store_internal.h"
#include "object/odb.h"
#include "object/tree.h"

/*
 * A commit of one parent (the first: none), and its tree:
 *	keyring		the text
 *	keyring.sig	its signature, as ssh-keygen -Y sign writes it
 *	idkey.age	the id key, sealed for all recipients
 * What else is there is passed over.
 */

#define COMMIT_MAX ((size_t)64 * 1024)
/* with key files of 10,000 recipients */
#define TREE_MAX ((size_t)1024 * 1024)

/* ---- one version ---- */

struct entries {
	struct gv_oid text, sig, sealed; /* zero: missing */
};

int
gv_keyring_object(struct gv_object *out, struct gv_odb *odb,
    const struct gv_oid *id, enum gv_otype type, size_t max)
{
	uint64_t size;
	int r = gv_odb_read_size(odb, &size, id);

	if (r == 0 && size > max)
		return gv_err(GV_EREFUSED,
		    "a %s of it is larger than %zu bytes",
		    gv_oid_type_name(type), max);
	return r < 0 ? r : gv_odb_read_type(odb, out, id, type);
}

/* The lines "tree" and "parent", with which a commit begins. */
static int
read_commit(struct gv_keyring_link *out, struct gv_odb *odb,
    const struct gv_oid *commit)
{
	static const char parent[] = "\nparent ";
	const size_t first = sizeof("tree ") - 1 + GV_OID_HEX;
	const size_t second = first + sizeof(parent) - 1 + GV_OID_HEX;
	struct gv_object obj = { 0 };
	const char *p;
	int r =
	    gv_keyring_object(&obj, odb, commit, GV_OTYPE_COMMIT, COMMIT_MAX);

	if (r < 0)
		return r;
	p = (const char *)obj.data;
	out->commit = *commit;
	if (obj.len <= first || memcmp(p, "tree ", 5) != 0 ||
	    gv_oid_parse(&out->tree, p + 5) < 0)
		r = gv_err(GV_ECORRUPT, "a commit of it names no tree");
	else if (obj.len > second &&
	    memcmp(p + first, parent, sizeof(parent) - 1) == 0) {
		r = gv_oid_parse(&out->parent, p + first + sizeof(parent) - 1);
		if (r == 0 && obj.len > second + sizeof(parent) &&
		    memcmp(p + second, parent, sizeof(parent) - 1) == 0)
			r = GV_ERROR;
		if (r < 0)
			r = gv_err(GV_ECORRUPT,
			    "a commit of it is no version but a merge");
	}
	gv_object_release(&obj);
	return r;
}

static int
find_entries(struct entries *out, struct gv_odb *odb, const struct gv_oid *tree)
{
	const struct {
		const char *name;
		struct gv_oid *oid;
	} wanted[] = { { "keyring", &out->text }, { "keyring.sig", &out->sig },
		{ "idkey.age", &out->sealed } };
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	size_t i;
	int r = gv_keyring_object(&obj, odb, tree, GV_OTYPE_TREE, TREE_MAX);

	memset(out, 0, sizeof(*out));
	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0)
		for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (e.mode == GV_MODE_FILE &&
			    strcmp(e.name, wanted[i].name) == 0)
				*wanted[i].oid = e.oid;
	gv_object_release(&obj);
	if (r == 0 && gv_oid_is_zero(&out->text))
		r = gv_err(GV_ECORRUPT, "a commit of it holds no keyring");
	if (r == 0 && gv_oid_is_zero(&out->sig))
		r = gv_err(GV_EREFUSED,
		    "one of its versions is not signed: ask its owners who "
		    "wrote it");
	return r;
}

static int
read_version(
    struct gv_keyring_link *out, struct gv_odb *odb, const struct entries *e)
{
	struct gv_object text = { 0 }, sig = { 0 };
	int r = gv_keyring_object(
	    &text, odb, &e->text, GV_OTYPE_BLOB, GV_KEYRING_MAX);

	if (r == 0 &&
	    (r = gv_keyring_object(
		 &sig, odb, &e->sig, GV_OTYPE_BLOB, GV_KEYRING_SIG_MAX)) == 0)
		r = gv_keyring_parse_signed(&out->k, &out->by,
		    (const char *)text.data, text.len, (const char *)sig.data,
		    sig.len);
	out->sealed = e->sealed;
	gv_object_release(&text);
	gv_object_release(&sig);
	return r;
}

int
gv_keyring_link_read(struct gv_keyring_link *out, struct gv_odb *odb,
    const struct gv_oid *commit)
{
	struct gv_keyring_link link = { .k = { .version = 0 } };
	struct entries e;
	int r = read_commit(&link, odb, commit);

	if (r == 0 && (r = find_entries(&e, odb, &link.tree)) == 0)
		r = read_version(&link, odb, &e);
	if (r == GV_ENOTFOUND)
		return gv_err(GV_ECORRUPT,
		    "some of its objects are missing; fetch them by 'git vault "
		    "repair --remote REMOTE', or see git-vault-recovery(7) if "
		    "no clone has them");
	if (r == 0)
		*out = link;
	return r;
}

void
gv_keyring_link_release(struct gv_keyring_link *link)
{
	if (link == NULL)
		return;
	gv_keyring_release(&link->k);
	memset(link, 0, sizeof(*link));
}

/* ---- the chain ---- */

static bool
same(const unsigned char *a, const unsigned char *b)
{
	return memcmp(a, b, GV_KEYRING_DIGEST) == 0;
}

/* Step down to the version before, which must be the one that this is made
 * for. */
static int
step_down(struct gv_keyring_link *at, struct gv_odb *odb)
{
	struct gv_keyring_link before = { .k = { .version = 0 } };
	int r;

	if (gv_oid_is_zero(&at->parent))
		return gv_err(GV_EREFUSED,
		    "version %u of the keyring has no predecessor; fetch the "
		    "whole keyring",
		    at->k.version);
	r = gv_keyring_link_read(&before, odb, &at->parent);
	if (r < 0)
		return r;
	r = gv_keyring_check(&at->k, &at->by, &before.k);
	gv_keyring_link_release(at);
	*at = before;
	return r;
}

/* Each step takes one off the version, which is bounded by its reader. */
static int
go_down(struct gv_keyring_link *at, struct gv_odb *odb, unsigned until)
{
	int r = 0;

	while (r == 0 && at->k.version > until)
		r = step_down(at, odb);
	if (r == 0 && at->k.version == 1)
		r = gv_keyring_check(&at->k, &at->by, NULL);
	return r;
}

int
gv_keyring_chain_at(struct gv_keyring_link *out, struct gv_odb *odb,
    const struct gv_oid *tip, unsigned version)
{
	struct gv_keyring_link at = { .k = { .version = 0 } };
	int r = gv_keyring_link_read(&at, odb, tip);

	if (r == 0 && (r = go_down(&at, odb, version)) == 0)
		*out = at;
	else
		gv_keyring_link_release(&at);
	return r;
}

static const char what_to_do[] =
    "ask an owner; if they confirm it, remove .git/" GV_KEYRING_PIN
    " and compare the fingerprint";

/* It is not what was seen. Its first version, if it leads to one, shows whether
 * it is another keyring altogether. */
static int
say_what_it_is(struct gv_keyring_link *at, struct gv_odb *odb, unsigned tip,
    const struct gv_keyring_pin *pin)
{
	char seen[GV_KEYRING_PRINT], print[GV_KEYRING_PRINT];
	int r = go_down(at, odb, 1);

	if (r == 0 && !same(at->k.digest, pin->first)) {
		gv_keyring_print(seen, pin->first);
		gv_keyring_print(print, at->k.digest);
		return gv_err(GV_EREFUSED,
		    "it is not the keyring that this clone knows: its "
		    "fingerprint is %s, not %s; %s",
		    print, seen, what_to_do);
	}
	if (tip < pin->version)
		return gv_err(GV_EREFUSED,
		    "version %u is older than version %u, which was seen here: "
		    "somebody has set it back; fetch the newer one, or %s",
		    tip, pin->version, what_to_do);
	return gv_err(GV_EREFUSED,
	    "there are two of version %u, and this is not the one that was "
	    "seen here; %s",
	    pin->version, what_to_do);
}

int
gv_keyring_chain_check(unsigned char first[GV_KEYRING_DIGEST],
    struct gv_odb *odb, const struct gv_keyring_link *tip,
    const struct gv_keyring_pin *pin)
{
	struct gv_keyring_link at = { .k = { .version = 0 } };
	int r = gv_keyring_link_read(&at, odb, &tip->commit);

	if (r < 0)
		return r;
	if ((pin == NULL || at.k.version >= pin->version) &&
	    (r = go_down(&at, odb, pin ? pin->version : 1)) < 0)
		goto out;
	if (pin &&
	    (at.k.version != pin->version || !same(at.k.digest, pin->digest))) {
		r = say_what_it_is(&at, odb, tip->k.version, pin);
		goto out;
	}
	memcpy(first, pin ? pin->first : at.k.digest, GV_KEYRING_DIGEST);
out:
	gv_keyring_link_release(&at);
	return r;
}
