#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/path.h"
#include "good/artifact.h"
#include "good/good_gather.h"
#include "infra/bill.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "policy/disclosure.h"
#include "record/good_internal.h"
#include "repo/repo.h"

#define FILES_MAX 10000
#define FILE_MAX  ((size_t)1024 * 1024)
#define SHA256    "sha256:"

struct images {
	struct gv_odb *odb;
	const char *dir;
	size_t dir_len;
	struct gv_bill bill;
	struct gv_disclosure d;
	size_t files, unread;
	struct gv_buf why; /* the first of those could not be read */
};

/* ---- read --------------------------------------------------------------- */

static int
pass_over(struct images *in, const char *why)
{
	if (in->unread++ == 0)
		gv_buf_addstr(&in->why, why);
	return gv_buf_check(&in->why);
}

static int
pass_over_large(struct images *in, const char *path, uint64_t size)
{
	struct gv_buf why = GV_BUF_INIT;
	int r;

	gv_buf_addf(&why, "%s: it has %" PRIu64 " bytes", path, size);
	if ((r = gv_buf_check(&why)) == 0)
		r = pass_over(in, why.p);
	gv_buf_release(&why);
	return r;
}

/* Templates are no YAML, so what does not parse is reported, and no failure. */
static int
read_file(struct images *in, const char *path, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	size_t had = in->bill.n, odd = in->bill.odd;
	uint64_t size = 0;
	int r;

	if (in->files++ == FILES_MAX)
		return gv_err(GV_EREFUSED,
		    "the commit has more than %d files in YAML: name a folder "
		    "of manifests by --images=DIR",
		    FILES_MAX);
	if ((r = gv_odb_read_size(in->odb, &size, oid)) < 0)
		goto out;
	if (size > FILE_MAX)
		return pass_over_large(in, path, size);
	if ((r = gv_odb_read_type(in->odb, &obj, oid, GV_OTYPE_BLOB)) < 0)
		goto out;
	r = gv_bill_read_images(
	    &in->bill, path, (const char *)obj.data, obj.len);
	if (r == GV_EREFUSED) {
		in->bill.n = had;
		r = pass_over(in, gv_err_message());
	}
	if (r == 0)
		r = gv_artifact_clear(&in->bill, &in->d, had, odd, path);
	if (r < 0)
		goto out;
	for (; r == 0 && odd < in->bill.odd; odd++)
		r = pass_over(
		    in, odd < GV_BILL_ODD ? in->bill.odds[odd].text : path);
out:
	gv_object_release(&obj);
	return r;
}

static bool
is_yaml(const char *path, size_t len)
{
	return (len > 5 && memcmp(path + len - 5, ".yaml", 5) == 0) ||
	    (len > 4 && memcmp(path + len - 4, ".yml", 4) == 0);
}

static int
visit(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *entry)
{
	struct images *in = ctx;
	bool below = gv_path_is_below(path, len, in->dir, in->dir_len);
	char *name;
	int r;

	if (S_ISDIR(entry->mode))
		return !below &&
		    !gv_path_is_below(in->dir, in->dir_len, path, len);
	if (!below || !S_ISREG(entry->mode) || !is_yaml(path, len))
		return 0;
	name = strndup(path, len);
	r = name ? read_file(in, name, &entry->oid) : gv_err_nomem();
	free(name);
	return r;
}

static int
walk(struct images *in, const struct gv_oid *tree)
{
	struct gv_buf dir = GV_BUF_INIT;
	struct gv_oid oid;
	unsigned mode;
	int r;

	gv_buf_add(&dir, in->dir, in->dir_len);
	if ((r = gv_buf_check(&dir)) == 0)
		r = gv_tree_find(in->odb, tree, dir.p, &mode, &oid);
	if (r == GV_ENOTFOUND)
		r = gv_err(GV_ENOTFOUND,
		    "the commit has no folder '%.200s' to read manifests from",
		    dir.p);
	if (r == 0)
		r = gv_tree_walk(in->odb, tree, visit, in);
	gv_buf_release(&dir);
	return r;
}

/* ---- said --------------------------------------------------------------- */

/* What was given by hand stands, and names of the record's own are no image's.
 */
static bool
is_taken(const struct gv_good *good, size_t given, const char *name)
{
	size_t i;

	for (i = 0; i < given; i++)
		if (strcmp(good->artifacts[i].name, name) == 0)
			return true;
	return strncmp(name, "git:", 4) == 0 || strncmp(name, "vault:", 6) == 0;
}

/* Manifests of several environments may name one image by several digests:
 * which of them was deployed is not for us to say. */
static bool
is_clear(const struct gv_bill *bill, size_t i, size_t *end)
{
	size_t k = i;
	bool is = true;

	for (; k < bill->n && strcmp(bill->all[k].name, bill->all[i].name) == 0;
	     k++)
		is &= strcmp(bill->all[k].digest, bill->all[i].digest) == 0;
	*end = k;
	return is;
}

static int
add(struct gv_good *good, const struct gv_bill_item *item)
{
	struct gv_good_item *to = &good->artifacts[good->n_artifacts];
	int r = gv_good_copy(good, &to->name, item->name);

	if (r == 0)
		r = gv_good_copy(
		    good, &to->sha256, item->digest + strlen(SHA256));
	good->n_artifacts += r == 0;
	return r;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_good_item *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
add_all(struct gv_good *good, struct images *in)
{
	size_t i, end, given = good->n_artifacts;
	struct gv_good_item *all;
	struct gv_buf why = GV_BUF_INIT;
	int r = 0;

	if (given + in->bill.n > GV_GOOD_ITEMS)
		return gv_err(GV_EREFUSED,
		    "the manifests name %zu images, and a record has room for "
		    "%d artifacts: name a folder by --images=DIR",
		    in->bill.n, GV_GOOD_ITEMS);
	all = gv_arena_alloc(
	    &good->arena, (given + in->bill.n + 1) * sizeof(*all));
	if (all == NULL)
		return gv_err_nomem();
	if (given)
		memcpy(all, good->artifacts, given * sizeof(*all));
	good->artifacts = all;
	for (i = 0; r == 0 && i < in->bill.n; i = end) {
		const char *name = in->bill.all[i].name;
		bool is = is_clear(&in->bill, i, &end);

		if (is_taken(good, given, name))
			continue;
		if (is) {
			r = add(good, &in->bill.all[i]);
			continue;
		}
		gv_buf_reset(&why);
		gv_buf_addf(&why, "%s has several digests", name);
		if ((r = gv_buf_check(&why)) == 0)
			r = pass_over(in, why.p);
	}
	qsort(all, good->n_artifacts, sizeof(*all), compare);
	gv_buf_release(&why);
	return r;
}

static int
tell(struct gv_good *good, const struct images *in)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (in->unread == 0)
		return 0;
	gv_buf_addf(&text, "%zu, the first: %s", in->unread, in->why.p);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_good_copy(good, &good->unread, text.p);
	gv_buf_release(&text);
	return r;
}

int
gv_good_gather_images(
    struct gv_good *good, struct gv_repo *repo, const char *dir)
{
	struct images in = {
		.dir = dir,
		.bill = GV_BILL_INIT,
		.d = GV_DISCLOSURE_INIT(repo),
		.why = GV_BUF_INIT,
	};
	int r = gv_repo_odb(repo, &in.odb);

	while (strncmp(in.dir, "./", 2) == 0)
		in.dir += 2;
	in.dir_len = strlen(in.dir);
	while (in.dir_len && in.dir[in.dir_len - 1] == '/')
		in.dir_len--;
	if (r == 0 && !gv_oid_is_zero(&good->code_tree))
		r = walk(&in, &good->code_tree);
	gv_bill_sort(&in.bill);
	if (r == 0 && (r = add_all(good, &in)) == 0)
		r = tell(good, &in);
	gv_bill_release(&in.bill);
	gv_disclosure_release(&in.d);
	gv_buf_release(&in.why);
	return r;
}
