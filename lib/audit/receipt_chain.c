#include "audit/receipt_chain.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit_signers.h"
#include "audit/receipt_commit.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/config.h"
#include "repo/ref.h"
#include "repo/repo.h"

#define MONTH       6
#define RECEIPT_MAX 4096 /* bytes; ours have some 300 */

const char *const gv_receipt_chain_trusts[GV_RECEIPT_TRUSTS] = {
	[GV_RECEIPT_BAD] = "bad",
	[GV_RECEIPT_UNSIGNED] = "unsigned",
	[GV_RECEIPT_UNKNOWN] = "unknown",
	[GV_RECEIPT_KNOWN] = "known",
};

/* ---- who is believed ---- */

int
gv_receipt_signers(struct gv_audit_signers *out, const struct gv_config *config)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < config->n; i++) {
		const struct gv_config_entry *e = &config->entries[i];

		if (strcmp(e->key, "vault.receiptsigner") != 0 || !e->value)
			continue;
		r = gv_audit_signers_add(out, e->value);
		if (r < 0)
			r = gv_err_in(r == GV_EUSAGE ? GV_EREFUSED : r,
			    "vault.receiptSigner names no key of a server");
	}
	return r;
}

/* ---- a commit and its signature ---- */

static int
read_commit(
    struct gv_receipt_commit *c, struct gv_odb *odb, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	char hex[GV_OID_HEX + 1];
	int r = gv_odb_read_type(odb, &obj, oid, GV_OTYPE_COMMIT);

	*c = (struct gv_receipt_commit)GV_RECEIPT_COMMIT_INIT;
	gv_oid_format(hex, oid);
	if (r == 0)
		r = gv_receipt_commit_parse(c, (const char *)obj.data, obj.len);
	if (r < 0)
		r = gv_err_in(r, "%s", hex);
	gv_object_release(&obj);
	return r;
}

static enum gv_receipt_trust
judge(unsigned char key[GV_SIGN_PUBLIC], const struct gv_receipt_commit *c,
    const struct gv_audit_signers *signers)
{
	char *before = gv_err_save();
	enum gv_receipt_trust trust = GV_RECEIPT_UNSIGNED;
	struct gv_sign sign;

	if (c->signature.len) {
		trust = GV_RECEIPT_BAD;
		if (gv_sign_parse(
			&sign, "git", c->signature.p, c->signature.len) == 0 &&
		    gv_sign_check(&sign, "git", c->bytes.p, c->bytes.len) ==
			0) {
			memcpy(key, sign.key, GV_SIGN_PUBLIC);
			trust = gv_audit_signers_find(signers, sign.key)
			    ? GV_RECEIPT_KNOWN
			    : GV_RECEIPT_UNKNOWN;
		}
	}
	gv_err_restore(before);
	return trust;
}

/* ---- a chain ---- */

/* The newest commit that is known, from the one behind the tip on. */
static int
find_known(struct gv_receipt_chain *chain, const struct gv_oid *from,
    const struct gv_audit_signers *signers)
{
	unsigned char key[GV_SIGN_PUBLIC];
	struct gv_oid at = *from;
	struct gv_receipt_commit c;
	int r = 0;

	while (
	    r == 0 && !gv_oid_is_zero(&at) && gv_oid_is_zero(&chain->known)) {
		r = read_commit(&c, chain->odb, &at);
		if (r == 0 && judge(key, &c, signers) == GV_RECEIPT_KNOWN)
			chain->known = c.tree;
		at = c.parent;
		gv_receipt_commit_release(&c);
	}
	return r;
}

int
gv_receipt_chain_open(struct gv_receipt_chain *out, struct gv_repo *repo,
    const struct gv_ref *ref, const struct gv_audit_signers *signers)
{
	struct gv_receipt_commit c;
	int r = gv_repo_odb(repo, &out->odb);

	out->ref = strdup(ref->name);
	if (out->ref == NULL)
		return gv_err_nomem();
	out->server = strrchr(out->ref, '/') + 1;
	out->tip = ref->oid;
	if (r < 0)
		return r;
	if ((r = read_commit(&c, out->odb, &ref->oid)) < 0)
		goto out;
	out->tree = c.tree;
	out->trust = judge(out->key, &c, signers);
	if (out->trust == GV_RECEIPT_KNOWN)
		out->known = c.tree;
	else if (signers->n)
		r = find_known(out, &c.parent, signers);
out:
	gv_receipt_commit_release(&c);
	return r < 0 ? gv_err_in(r, "%s", ref->name) : 0;
}

void
gv_receipt_chain_release(struct gv_receipt_chain *chain)
{
	if (chain == NULL)
		return;
	free(chain->ref);
	free(chain->month.all);
	free(chain->known_month.all);
	memset(chain, 0, sizeof(*chain));
}

/* ---- what it says of a snapshot ---- */

/* A name of another form is no receipt's. */
static int
fill_month(
    struct gv_receipt_month *m, struct gv_odb *odb, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(odb, &obj, oid, GV_OTYPE_TREE);

	gv_tree_iter_init(&it, obj.data, obj.len);
	while (r >= 0 && (r = gv_tree_next(&it, &e)) > 0) {
		if (e.mode != GV_MODE_FILE ||
		    !gv_record_is_id(e.name, e.name_len))
			continue;
		r = GV_GROW(m->all, m->n, m->cap);
		if (r < 0)
			break;
		memcpy(m->all[m->n].id, e.name, e.name_len + 1);
		m->all[m->n++].oid = e.oid;
	}
	gv_object_release(&obj);
	return r;
}

/* Snapshots are asked for by their times, so one month at a time is enough. */
static int
load_month(struct gv_receipt_month *m, struct gv_odb *odb,
    const struct gv_oid *tree, const char *id)
{
	struct gv_oid oid;
	unsigned mode;
	int r;

	if (gv_oid_equal(&m->tree, tree) && strncmp(m->name, id, MONTH) == 0)
		return 0;
	memset(&m->tree, 0, sizeof(m->tree));
	memcpy(m->name, id, MONTH);
	m->name[MONTH] = '\0';
	m->n = 0;
	if ((r = gv_tree_find(odb, tree, m->name, &mode, &oid)) == 0)
		r = fill_month(m, odb, &oid);
	if (r < 0 && r != GV_ENOTFOUND)
		return r;
	m->tree = *tree;
	return 0;
}

static int
compare_id(const void *id, const void *entry)
{
	return strcmp(id, ((const struct gv_receipt_entry *)entry)->id);
}

static int
find_entry(const struct gv_receipt_entry **out, struct gv_receipt_month *m,
    struct gv_odb *odb, const struct gv_oid *tree, const char *id)
{
	int r = gv_oid_is_zero(tree) ? 0 : load_month(m, odb, tree, id);

	*out = NULL;
	if (r == 0 && !gv_oid_is_zero(tree) && m->n)
		*out = bsearch(id, m->all, m->n, sizeof(*m->all), compare_id);
	return r;
}

static int
read_receipt(
    struct gv_receipt *out, struct gv_odb *odb, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	enum gv_otype type;
	size_t size;
	int r = gv_odb_read_header(odb, &type, &size, oid);

	if (r == 0 && (type != GV_OTYPE_BLOB || size > RECEIPT_MAX))
		r = gv_err(GV_ECORRUPT, "this is no receipt of a snapshot");
	if (r == 0 &&
	    (r = gv_odb_read_type(odb, &obj, oid, GV_OTYPE_BLOB)) == 0)
		r = gv_receipt_parse(out, (const char *)obj.data, obj.len);
	gv_object_release(&obj);
	return r;
}

int
gv_receipt_chain_find(struct gv_receipt *out, enum gv_receipt_trust *trust,
    struct gv_receipt_chain *chain, const char *id)
{
	const struct gv_receipt_entry *e, *known;
	int r;

	if (!gv_record_is_id(id, strlen(id)))
		return GV_ENOTFOUND;
	r = find_entry(&e, &chain->month, chain->odb, &chain->tree, id);
	*trust = chain->trust;
	if (r == 0 && e && !gv_oid_equal(&chain->tree, &chain->known)) {
		r = find_entry(
		    &known, &chain->known_month, chain->odb, &chain->known, id);
		if (r == 0 && known && gv_oid_equal(&known->oid, &e->oid))
			*trust = GV_RECEIPT_KNOWN;
	}
	if (r == 0)
		r = e ? read_receipt(out, chain->odb, &e->oid) : GV_ENOTFOUND;
	if (r == 0 || (r == GV_ENOTFOUND && e == NULL))
		return r;
	return gv_err_in(
	    r == GV_ENOTFOUND ? GV_ECORRUPT : r, "%s: %s", chain->ref, id);
}

/* ---- several ---- */

int
gv_receipt_chains_load(struct gv_receipt_chains *out, struct gv_repo *repo,
    const char *prefix, const struct gv_audit_signers *signers)
{
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list(&refs, repo, prefix);

	*out = (struct gv_receipt_chains){ .damaged = GV_BUF_INIT };
	for (i = 0; r == 0 && i < refs.n; i++) {
		struct gv_receipt_chain chain = { .ref = NULL };

		if ((r = GV_GROW(out->all, out->n, out->cap)) == 0 &&
		    (r = gv_receipt_chain_open(
			 &chain, repo, &refs.refs[i], signers)) == 0) {
			out->all[out->n++] = chain;
			continue;
		}
		gv_receipt_chain_release(&chain);
		if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
			gv_buf_addf(&out->damaged, "%s\n", gv_err_message());
			r = gv_buf_check(&out->damaged);
		}
	}
	gv_refs_release(&refs);
	return r;
}

int
gv_receipt_chains_find(struct gv_receipt *out, enum gv_receipt_trust *trust,
    const struct gv_receipt_chain **of, struct gv_receipt_chains *chains,
    const char *id)
{
	struct gv_receipt best = { 0 }, one = { 0 };
	enum gv_receipt_trust how;
	size_t i;
	int r = 0;

	*of = NULL;
	for (i = 0; r == 0 && i < chains->n; i++) {
		r = gv_receipt_chain_find(&one, &how, &chains->all[i], id);
		if (r == GV_ENOTFOUND) {
			r = 0;
			continue;
		}
		if (r == 0 &&
		    (*of == NULL || how > *trust ||
			(how == *trust && one.time < best.time))) {
			gv_receipt_release(&best);
			best = one;
			*trust = how;
			*of = &chains->all[i];
		} else {
			gv_receipt_release(&one);
		}
		memset(&one, 0, sizeof(one));
	}
	if (r == 0 && *of == NULL)
		r = GV_ENOTFOUND;
	if (r == 0)
		*out = best;
	else
		gv_receipt_release(&best);
	return r;
}

void
gv_receipt_chains_release(struct gv_receipt_chains *chains)
{
	if (chains == NULL)
		return;
	while (chains->n > 0)
		gv_receipt_chain_release(&chains->all[--chains->n]);
	free(chains->all);
	gv_buf_release(&chains->damaged);
	memset(chains, 0, sizeof(*chains));
}
