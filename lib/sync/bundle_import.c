#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "key/keyring_store.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/pack_adopt.h"
#include "object/repo_odb.h"
#include "record/good.h"
#include "record/tombstone.h"
#include "remote/remote.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "sync/bundle_internal.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/env.h"
#include "sys/file.h"
#include "vault/ancestry.h"
#include "vault/ledger.h"
#include "vault/note.h"

/*
 * The pack comes in as one made here does: kept from git gc until the refs have
 * moved. Once it is in place it stays: whoever stores the same content
 * meanwhile finds it there and writes nothing. So a dry run merges over the
 * folder of the bundle's own objects. What the bundle has is given to the merge
 * as a list; it has no refs of its own here at any time.
 */

#define OURS GV_REFS_VAULT

struct importing {
	struct gv_bundle *bundle;
	struct gv_repo *repo;
	struct gv_odb *odb;
	const struct gv_sync_opts *opts;
	struct gv_refs given; /* names are `names` */
	size_t cap;
	char **names;
	size_t n_names, cap_names;
	struct gv_ledger stones; /* what is deleted here */
	size_t n_deleted;        /* of its snapshots */
};

/* ---- whose it is -------------------------------------------------------- */

int
gv_bundle_keyring(struct gv_keyring_kept *out, struct gv_bundle *bundle)
{
	const struct gv_bundle_ref *ref =
	    gv_bundle_manifest_find(&bundle->manifest, GV_REF_KEYRING);
	struct gv_repo *over;
	struct gv_odb *odb = NULL;
	int r;

	if (ref == NULL)
		return GV_ENOTFOUND;
	if ((r = gv_scratch_enter(&bundle->scratch, &over)) == 0 &&
	    (r = gv_repo_odb(over, &odb)) == 0 && !gv_odb_has(odb, &ref->id))
		r = GV_ENOTFOUND;
	else if (r == 0 && (r = gv_keyring_look(out, over, &ref->id)) < 0)
		r = gv_err_in(r, "its keyring");
	gv_scratch_leave(&bundle->scratch);
	return r;
}

/* The fingerprint of the keyring that it has, "" where it has none or goes on
 * from a bundle that was not imported: the manifest's author may have written
 * anything there. */
static int
find_print(char out[GV_KEYRING_PRINT], const struct importing *in)
{
	struct gv_keyring_kept kept;
	int r = gv_bundle_keyring(&kept, in->bundle);

	*out = '\0';
	if (r == GV_ENOTFOUND)
		return 0;
	if (r < 0)
		return r;
	memcpy(out, kept.print, GV_KEYRING_PRINT);
	gv_keyring_kept_release(&kept);
	return 0;
}

static int
check_keyring(const struct importing *in)
{
	const char *theirs = in->bundle->manifest.keyring;
	char print[GV_KEYRING_PRINT];
	struct gv_keyring_kept kept;
	int r = find_print(print, in);

	if (r == 0 && *print && (theirs == NULL || strcmp(theirs, print) != 0))
		r = gv_err(GV_ECORRUPT,
		    "its manifest says %s of the keyring's fingerprint, which "
		    "is %s",
		    theirs ? theirs : "nothing", print);
	if (r == 0)
		r = gv_keyring_load(&kept, in->repo);
	if (r == GV_ENOTFOUND)
		return 0;
	if (r < 0)
		return r;
	if (theirs && strcmp(theirs, kept.print) != 0)
		r = gv_err(GV_EREFUSED,
		    "it belongs to another vault, whose keyring has the "
		    "fingerprint %s, while this clone's has %s; get it into a "
		    "separate repository by `git clone --mirror`",
		    theirs, kept.print);
	gv_keyring_kept_release(&kept);
	return r;
}

/* Histories that have no beginning in common are of two projects. */
static int
check_project(const struct importing *in)
{
	const struct gv_bundle_ids *roots = &in->bundle->manifest.roots;
	size_t i;

	if (roots->n == 0 || gv_oid_is_zero(&in->repo->head))
		return 0;
	for (i = 0; i < roots->n; i++)
		if (gv_odb_has(in->odb, &roots->ids[i]))
			return 0;
	if (in->repo->shallow)
		return gv_err(GV_EREFUSED,
		    "whether it is of this project cannot be seen, since this "
		    "clone is shallow and does not have where its history "
		    "begins: `git fetch --unshallow` brings that");
	return gv_err(GV_EREFUSED,
	    "it belongs to another project, whose history has no commit in "
	    "common with this clone; get it into a separate repository by `git "
	    "clone --mirror`");
}

static bool
is_deleted(const struct importing *in, const char *ref)
{
	return strncmp(ref, GV_REFS_SNAPSHOTS, strlen(GV_REFS_SNAPSHOTS)) ==
	    0 &&
	    gv_tombstone_find(NULL, in->odb, &in->stones,
		ref + strlen(GV_REFS_SNAPSHOTS)) > 0;
}

/* A record that is ours already, under whichever number: two who take each
 * other's bundles would give each one number after the other. */
static bool
is_known_good(const struct gv_refs *goods, const struct gv_bundle_ref *ref)
{
	const char *slash = strrchr(ref->name, '/');
	size_t i, env = (size_t)(slash + 1 - ref->name);

	for (i = 0; i < goods->n; i++)
		if (gv_oid_equal(&goods->refs[i].oid, &ref->id) &&
		    strncmp(goods->refs[i].name, ref->name, env) == 0 &&
		    strcmp(goods->refs[i].name, ref->name) != 0)
			return true;
	return false;
}

/* Whether a ref of the basis is ours, or ours goes on from it: that its objects
 * are here says nothing, since an import that ended early has left them, and so
 * has a clone by a path. 1 or 0, or a failure. */
static int
has_come(const struct importing *in, const struct gv_refs *ours,
    const struct gv_bundle_ref *ref)
{
	const struct gv_ref *own = gv_refs_find(ours, ref->name);
	struct gv_oid base;
	int r;

	if (own && gv_oid_equal(&own->oid, &ref->id))
		return 1;
	if (strncmp(ref->name, GV_REFS_GOOD, strlen(GV_REFS_GOOD)) == 0)
		return is_known_good(ours, ref);
	if (own == NULL || !gv_odb_has(in->odb, &ref->id))
		return 0;
	r = gv_ancestry_base(&base, &own->oid, &ref->id);
	/* what is no commit has no line */
	return r < 0 ? (r == GV_ERROR ? 0 : r) : gv_oid_equal(&base, &ref->id);
}

/* What an increment leaves out since its basis had it must have come. */
static int
check_basis(struct importing *in)
{
	static const char *const notes[] = { GV_REF_NOTES, NULL };
	const struct gv_bundle_manifest *m = &in->bundle->manifest;
	struct gv_refs ours = { .n = 0 };
	struct gv_oid tip;
	size_t i, n = 0;
	const struct gv_bundle_ref *first = NULL;
	int has = 0, r = gv_ref_find(&tip, in->repo, GV_REF_DELETED);

	if (r < 0 || (r = gv_ledger_load(&in->stones, in->odb, &tip)) < 0 ||
	    (r = gv_ref_list_with(&ours, in->repo, notes, OURS)) < 0)
		goto out;
	for (i = 0; r == 0 && i < m->n_refs; i++) {
		const struct gv_bundle_ref *ref = &m->refs[i];

		bool deleted = is_deleted(in, ref->name);

		in->n_deleted += ref->is_in && deleted;
		if (ref->is_in || deleted ||
		    gv_bundle_manifest_is_branch(ref->name))
			continue;
		has = has_come(in, &ours, ref);
		r = has < 0 ? has : 0;
		if (has)
			continue;
		first = first ? first : ref;
		n++;
	}
	if (r < 0)
		goto out;
	if (n)
		r = gv_err(GV_EREFUSED,
		    "it continues another bundle, of which %zu ref%s missing "
		    "here, such as %s: import that one first, and resolve its "
		    "conflicts",
		    n, n == 1 ? " is" : "s are", first->name);
out:
	gv_refs_release(&ours);
	return r;
}

/* ---- what is given to the merge ----------------------------------------- */

static int
give(struct importing *in, const struct gv_bundle_ref *ref)
{
	struct gv_buf name = GV_BUF_INIT;
	int r;

	if ((r = GV_GROW(in->names, in->n_names, in->cap_names)) < 0 ||
	    (r = GV_GROW(in->given.refs, in->given.n, in->cap)) < 0)
		goto out;
	gv_buf_addf(&name, GV_REFS_BUNDLE "%s",
	    ref->name +
		(strncmp(ref->name, OURS, strlen(OURS)) == 0
			? strlen(OURS)
			: strlen("refs/")));
	in->names[in->n_names] = gv_buf_take(&name);
	if (in->names[in->n_names] == NULL) {
		r = GV_ENOMEM;
		goto out;
	}
	in->given.refs[in->given.n++] =
	    (struct gv_ref){ .name = in->names[in->n_names++], .oid = ref->id };
out:
	gv_buf_release(&name);
	return r;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_ref *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
give_all(struct importing *in)
{
	const struct gv_bundle_manifest *m = &in->bundle->manifest;
	struct gv_refs goods;
	size_t i;
	int r = gv_ref_list(&goods, in->repo, GV_REFS_GOOD);

	if (r < 0)
		return r;
	for (i = 0; r == 0 && i < m->n_refs; i++)
		if (m->refs[i].is_in &&
		    !gv_bundle_manifest_is_branch(m->refs[i].name) &&
		    !is_known_good(&goods, &m->refs[i]))
			r = give(in, &m->refs[i]);
	if (r == 0 && in->given.n)
		qsort(in->given.refs, in->given.n, sizeof(*in->given.refs),
		    compare);
	gv_refs_release(&goods);
	return r;
}

/* ---- the pack ----------------------------------------------------------- */

static int
move_part(const struct importing *in, struct gv_pack_adopt *to, const char *hex,
    const char *ext)
{
	struct gv_buf from = GV_BUF_INIT, name = GV_BUF_INIT;
	int r;

	gv_buf_addf(&from, "%s/pack/pack-%s.%s", in->bundle->scratch.objects.p,
	    hex, ext);
	gv_buf_addf(&name, "%s-%s.%s", gv_pack_adopt_base(to), hex, ext);
	if ((r = gv_buf_check(&from)) == 0 && (r = gv_buf_check(&name)) == 0 &&
	    gv_entry_rename(AT_FDCWD, from.p, AT_FDCWD, name.p) < 0 &&
	    errno != ENOENT)
		r = gv_err_sys("cannot move %s to %s", from.p, name.p);
	gv_buf_release(&from);
	gv_buf_release(&name);
	return r;
}

/* The name of the one pack that git has made. */
static int
find_pack(char hex[GV_OID_HEX + 1], const struct importing *in)
{
	struct gv_dir_names names = { .n = 0 };
	struct gv_oid id;
	size_t i;
	int root = gv_dir_open_root(in->bundle->scratch.objects.p);
	int fd = root < 0 ? -1 : gv_dir_open(root, "pack", 4);
	int r = GV_ERROR;

	if (fd >= 0 && gv_dir_list(&names, fd) == 0)
		for (i = 0; r < 0 && i < names.n; i++)
			if (strncmp(names.names[i].name, "pack-", 5) == 0 &&
			    names.names[i].len == 5 + GV_OID_HEX + 4 &&
			    strcmp(names.names[i].name + 5 + GV_OID_HEX,
				".idx") == 0 &&
			    gv_oid_parse(&id, names.names[i].name + 5) == 0)
				r = 0;
	if (r == 0)
		gv_oid_format(hex, &id);
	else
		r = gv_err(GV_ERROR, "git made no pack of the bundle in %s",
		    in->bundle->scratch.objects.p);
	gv_dir_names_release(&names);
	gv_file_close(fd);
	gv_file_close(root);
	return r;
}

static int
adopt(struct gv_pack_adopt **out, const struct importing *in)
{
	static const char *const parts[] = { "pack", "rev", "idx" };
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r;

	if ((r = find_pack(hex, in)) < 0)
		return r;

	/* one that was killed may have kept this very pack */
	if ((r = gv_pack_sweep(in->repo->objects_dir)) < 0 ||
	    (r = gv_pack_adopt_open(out, in->repo->objects_dir)) < 0)
		return r;
	for (i = 0; r == 0 && i < sizeof(parts) / sizeof(parts[0]); i++)
		r = move_part(in, *out, hex, parts[i]);
	if (r < 0 || (r = gv_pack_adopt_seek(*out, hex)) < 0)
		return r;
	return gv_pack_adopt_place(*out);
}

/* ---- all of it ---------------------------------------------------------- */

static int
merge(struct importing *in, struct gv_sync_report *out,
    const struct gv_sync_opts *how)
{
	struct gv_pack_adopt *pack = NULL;
	unsigned mask = gv_repo_share(in->repo);
	int r = adopt(&pack, in);

	if (r == 0) {
		if ((r = gv_odb_refresh(in->odb)) == 0)
			r = gv_sync_run(out, in->repo, how);
		/* whatever came of it: refs may have moved, and others may rely
		 * on what they found */
		gv_pack_adopt_accept(pack);
	}
	gv_pack_adopt_close(pack);
	gv_repo_unshare(mask);
	return r;
}

/* Over the bundle's own folder, whose alternate is the repository, for us and
 * for each git that the merge asks. */
static int
merge_dry(struct importing *in, struct gv_sync_report *out,
    const struct gv_sync_opts *how)
{
	struct gv_repo *over;
	int r = gv_scratch_enter(&in->bundle->scratch, &over);

	if (r == 0)
		r = gv_sync_run(out, over, how);
	gv_scratch_leave(&in->bundle->scratch);
	return r;
}

static int
merge_given(struct importing *in, struct gv_sync_report *out)
{
	struct gv_sync_opts how = *in->opts;

	how.given = &in->given;
	how.is_part = in->bundle->manifest.is_filtered;
	how.no_fetch = how.no_push = true;
	return how.dry_run ? merge_dry(in, out, &how) : merge(in, out, &how);
}

/* How many of them stay deleted: one that somebody has pinned since comes. */
static size_t
count_deleted(const struct importing *in, const struct gv_sync_report *report)
{
	size_t i, n = in->n_deleted;

	for (i = 0; n > 0 && i < report->n; i++)
		n -= report->items[i].action == GV_SYNC_TAKEN &&
		    is_deleted(in, report->items[i].ref);
	return n;
}

int
gv_bundle_import(struct gv_sync_report *out, struct gv_bundle *bundle,
    const struct gv_sync_opts *opts)
{
	struct importing in = {
		.bundle = bundle, .repo = bundle->scratch.repo, .opts = opts
	};
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = gv_repo_check_writable(in.repo)) == 0 &&
	    (r = gv_repo_odb(in.repo, &in.odb)) == 0 &&
	    (r = check_project(&in)) == 0 && (r = check_keyring(&in)) == 0 &&
	    (r = check_basis(&in)) == 0)
		r = give_all(&in);
	if (r < 0)
		r = gv_err_in(r, "%s", opts->remote);
	else
		r = merge_given(&in, out);
	out->n_deleted = count_deleted(&in, out);
	while (in.n_names > 0)
		free(in.names[--in.n_names]);
	free(in.names);
	free(in.given.refs);
	return r;
}
