#include <string.h>

#include "base/err.h"
#include "base/glob.h"
#include "crypto/age.h"
#include "hook/receive_internal.h"
#include "key/keyring_store.h"
#include "object/odb.h"
#include "object/tree.h"
#include "policy/consent.h"
#include "vault/ledger.h"

/*
 * The closed form of the trees of vault refs: which files git-vault makes in
 * each kind, how large they can be, and which of them are sealed. Whatever else
 * is pushed there is no record: nobody would look for it, and it would stay.
 */

#define TEXT   ((size_t)64 * 1024)
#define SEALED ((size_t)2 * 1024 * 1024) /* a value, and its age header */
#define PART   ((size_t)1024 * 1024)     /* of a state, in clear */
#define LEAF   ((size_t)64 * 1024 * 1024)

struct gv_receive_file {
	const char *path; /* a pattern; '*' crosses no '/' */
	size_t max;       /* bytes */
	bool is_sealed;
};

#define HEX2    "[0-9a-f][0-9a-f]"
#define MONTH   "[0-9][0-9][0-9][0-9][0-9][0-9]"
#define CHUNKED "/*/*" /* the blobs of a value in chunks */
#define PARTS   "parts/*/*/*"

static const struct gv_receive_file secrets[] = {
	{ HEX2 "/*.age", SEALED, true },
	{ HEX2 "/*.age" CHUNKED, SEALED, true },
	{ HEX2 "/*.part", SEALED, true },
	{ HEX2 "/*.part" CHUNKED, SEALED, true },
	{ HEX2 "/*.ref", TEXT, false },
	{ HEX2 "/*.next", TEXT, false },
	{ HEX2 "/*.revoked", TEXT, false },
	{ HEX2 "/*.name", TEXT, false },
	{ "idkey-*.age", SEALED, true },
	{ "sealed-for", TEXT, false },
	{ NULL, 0, false },
};

static const struct gv_receive_file states[] = {
	{ PARTS ".clear", PART, false },
	{ PARTS ".clear" CHUNKED, PART, false },
	{ PARTS ".split/clear", PART, false },
	{ PARTS ".split/spans", SEALED, true },
	{ PARTS, SEALED, true },
	{ PARTS CHUNKED, SEALED, true },
	{ "index/*/*/*", LEAF, false },
	{ "sum", SEALED, true },
	{ "sum.clear", TEXT, false },
	{ "sum.id", TEXT, false },
	{ NULL, 0, false },
};

static const struct gv_receive_file keyrings[] = {
	{ "keyring", (size_t)256 * 1024, false },
	{ "keyring.sig", TEXT, false },
	{ "idkey.age", SEALED, true },
	{ "idkey-*.age", SEALED, true },
	{ "master.age", SEALED, true },
	{ "scope-*.age", SEALED, true },
	{ "idkeys", (size_t)1024 * 1024, false },
	{ "idkeys.sig", TEXT, false },
	{ NULL, 0, false },
};

static const struct gv_receive_file idkeys[] = {
	{ "key", TEXT, false },
	{ NULL, 0, false },
};

static const struct gv_receive_file marks[] = {
	{ "pinned/*", TEXT, false },
	{ "tags/*", TEXT, false },
	{ NULL, 0, false },
};

static const struct gv_receive_file deletions[] = {
	{ MONTH "/*", TEXT, false },
	{ NULL, 0, false },
};

static const struct gv_receive_file events[] = {
	{ NULL, 0, false },
};

static const struct gv_receive_file *const forms[] = {
	[GV_RECEIVE_SECRETS] = secrets,
	[GV_RECEIVE_STATES] = states,
	[GV_RECEIVE_KEYRING] = keyrings,
	[GV_RECEIVE_IDKEY] = idkeys,
	[GV_RECEIVE_MARKS] = marks,
	[GV_RECEIVE_DELETIONS] = deletions,
	[GV_RECEIVE_EVENTS] = events,
};

struct check {
	struct gv_odb *odb;
	const struct gv_receive_file *form;
	size_t others, large, clear; /* entries that break it */
};

/* An accepted policy file, under its name. */
static bool
is_policy(const char *path, size_t len)
{
	const size_t prefix = strlen(GV_KEYRING_POLICY);
	int i;

	if (len <= prefix || memcmp(path, GV_KEYRING_POLICY, prefix) != 0)
		return false;
	for (i = 0; i < GV_CONSENT_FILES; i++)
		if (strlen(gv_consent_entries[i]) == len - prefix &&
		    memcmp(gv_consent_entries[i], path + prefix,
			len - prefix) == 0)
			return true;
	return false;
}

static const struct gv_receive_file *
find(const struct gv_receive_file *form, const char *path, size_t len)
{
	static const struct gv_receive_file policy = { GV_KEYRING_POLICY,
		GV_KEYRING_POLICY_MAX, false };

	if (form == keyrings && is_policy(path, len))
		return &policy;
	for (; form->path; form++)
		if (gv_glob_match(form->path, strlen(form->path), path, len,
			GV_GLOB_PATHNAME))
			return form;
	return NULL;
}

/* A chunk of zeros stands for a hole, and holds nothing. */
static bool
is_hole(const struct gv_oid *blob)
{
	struct gv_oid hole;

	return gv_oid_parse(
		   &hole, "9e0f96a2a253b173cb45b41868209a5d043e1437") == 0 &&
	    gv_oid_equal(blob, &hole);
}

static int
check_sealed(struct check *c, const struct gv_oid *blob)
{
	struct gv_object obj = { 0 };
	int r = is_hole(blob)
	    ? 1
	    : gv_odb_read_type(c->odb, &obj, blob, GV_OTYPE_BLOB);

	if (r == 0)
		c->clear += !gv_age_is_sealed(obj.data, obj.len);
	gv_object_release(&obj);
	return r < 0 ? r : 0;
}

static int
check_entry(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *was, const struct gv_tree_entry *is)
{
	struct check *c = ctx;
	const struct gv_receive_file *file;
	uint64_t size;
	int r;

	(void)was;
	if (is == NULL)
		return 0;
	file = find(c->form, path, len);
	if (file == NULL || is->mode != GV_MODE_FILE) {
		c->others++;
		return 0;
	}
	if ((r = gv_odb_read_size(c->odb, &size, &is->oid)) < 0)
		return r;
	if (size > file->max)
		c->large++;
	else if (file->is_sealed)
		r = check_sealed(c, &is->oid);
	return r;
}

static int
add_fault(struct gv_receive_job *job, const struct gv_receive_update *u,
    size_t n, const char *what)
{
	char hex[GV_OID_HEX + 1];

	if (n == 0)
		return 0;
	gv_oid_format(hex, &u->new);
	return gv_receive_fault(job, u->ref,
	    "it has %zu %s %s; 'git ls-tree -r %.12s' shows them", n,
	    n == 1 ? "file" : "files", what, hex);
}

int
gv_receive_check_form(struct gv_receive_job *job,
    const struct gv_receive_update *u, enum gv_receive_form form)
{
	struct check c = { .odb = job->odb, .form = forms[form] };
	struct gv_ledger old = { .tree = gv_oid_empty_tree }, new;
	int r = gv_ledger_load(&new, job->odb, &u->new);

	/* what is no commit any more is compared with nothing */
	if (r == 0 && !gv_oid_is_zero(&u->old) &&
	    gv_ledger_load(&old, job->odb, &u->old) < 0)
		old.tree = gv_oid_empty_tree;
	if (r == 0)
		r = gv_tree_diff(
		    job->odb, &old.tree, &new.tree, check_entry, &c);
	if (r < 0)
		return gv_receive_fault_of(job, u->ref, r);
	r = add_fault(
	    job, u, c.others, "that git vault never makes in such a ref");
	if (r < 0)
		return r;
	r = add_fault(
	    job, u, c.large, "larger than git vault makes them there");
	if (r < 0)
		return r;
	return add_fault(
	    job, u, c.clear, "that should be encrypted and is not");
}
