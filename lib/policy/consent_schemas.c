#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/lines.h"
#include "config/policy.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "policy/consent_internal.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "vault/ledger.h"
#include "worktree/index.h"

/*
 * Everybody who can push can empty a schema, and then it refuses nothing. So
 * its content is accepted with the policy that names it: a line "ID PATH" for
 * each, the ids that Git gives to contents. The folder of schemas that others
 * refer to belongs to them.
 */

#define FOLDER GV_CONSENT_SCHEMA_DIR
#define MOST   ((size_t)64 * 1024 * 1024)

struct reading {
	struct gv_buf *out;
	struct gv_repo *repo;
	struct gv_odb *odb;
	const struct gv_oid *tree; /* NULL: the working tree */
};

static int
add_line(struct gv_buf *out, const struct gv_oid *id, const char *path)
{
	char hex[GV_OID_HEX + 1];

	/* no schema can be named by such a path */
	if (strchr(path, '\n'))
		return 0;
	gv_oid_format(hex, id);
	gv_buf_addf(out, "%s %s\n", hex, path);
	return gv_buf_check(out);
}

/* What is not there, or cannot be read, has no line. */
static int
add_present(struct reading *rd, const char *path)
{
	struct gv_buf full = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_oid id;
	int r;

	gv_buf_addf(&full, "%s/%s", rd->repo->worktree, path);
	if ((r = gv_buf_check(&full)) == 0)
		r = gv_file_read(&text, AT_FDCWD, full.p, MOST);
	if (r == 0) {
		(void)gv_consent_find_content(&id, rd->odb, &text);
		r = add_line(rd->out, &id, path);
	}
	gv_buf_release(&full);
	gv_buf_release(&text);
	return r == GV_ENOMEM ? r : 0;
}

static int
add_stored(struct reading *rd, const char *path)
{
	struct gv_oid id;
	unsigned mode;
	int r = gv_tree_find(rd->odb, rd->tree, path, &mode, &id);

	if (r == 0 && S_ISREG(mode))
		return add_line(rd->out, &id, path);
	return r == GV_ENOMEM ? r : 0;
}

static int
add(struct reading *rd, const char *path)
{
	struct gv_oid id;

	if (gv_consent_schema_id(&id, rd->out, path))
		return 0;
	return rd->tree ? add_stored(rd, path) : add_present(rd, path);
}

/* ---- the folder ---------------------------------------------------------- */

static int
add_entry(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct reading *rd = ctx;
	struct gv_buf full = GV_BUF_INIT;
	int r;

	(void)len;
	if (!S_ISREG(e->mode))
		return 0;
	gv_buf_addf(&full, FOLDER "%s", path);
	if ((r = gv_buf_check(&full)) == 0)
		r = add(rd, full.p);
	gv_buf_release(&full);
	return r;
}

static int
add_folder(struct reading *rd)
{
	struct gv_index *index = NULL;
	struct gv_oid folder;
	unsigned mode;
	size_t i, first, n;
	int r;

	if (rd->tree) {
		r = gv_tree_find(
		    rd->odb, rd->tree, ".gitvault/schemas", &mode, &folder);
		return r < 0 ? 0
			     : gv_tree_walk(rd->odb, &folder, add_entry, rd);
	}
	if ((r = gv_index_open(&index, rd->repo)) < 0)
		return r;
	gv_index_range(index, FOLDER, strlen(FOLDER) - 1, &first, &n);
	for (i = first; r == 0 && i < first + n; i++)
		if (S_ISREG(index->entries[i].mode))
			r = add(rd, index->entries[i].path);
	gv_index_close(index);
	return r;
}

/* ---- all ----------------------------------------------------------------- */

static int
add_named(struct reading *rd, const struct gv_policy_configs *sets, size_t *n)
{
	size_t i, k;
	int r = 0;

	for (i = 0; r == 0 && i < sets->n; i++)
		for (k = 0; r == 0 && k < sets->items[i].n_schemas; k++) {
			++*n;
			r = add(rd, sets->items[i].schemas[k].path);
		}
	return r;
}

static int
read_all(struct reading *rd, const struct gv_buf *text)
{
	struct gv_policy policy = GV_POLICY_INIT;
	size_t n = 0;
	int r;

	/* a policy that cannot be read is refused by who accepts it */
	if (gv_policy_parse(&policy, gv_consent_files[GV_CONSENT_POLICY],
		text->p, text->len) < 0)
		return 0;
	r = add_named(rd, &policy.configs, &n);
	gv_policy_release(&policy);
	return r == 0 && n ? add_folder(rd) : r;
}

int
gv_consent_read_schemas(
    struct gv_consent *out, struct gv_repo *repo, const struct gv_oid *tree)
{
	const struct gv_buf *policy = &out->texts[GV_CONSENT_POLICY];
	struct reading rd = { .out = &out->texts[GV_CONSENT_SCHEMAS],
		.repo = repo,
		.tree = tree };
	struct gv_ledger head = { .tip = { { 0 } } };
	char *before = gv_err_save();
	int r = 0;

	/* most policies have none, and are read by each command */
	if (policy->len == 0 || strstr(policy->p, "schema") == NULL ||
	    (r = gv_repo_odb(repo, &rd.odb)) < 0)
		goto out;
	if (tree == NULL && repo->worktree == NULL) {
		if ((r = gv_ledger_load(&head, rd.odb, &repo->head)) < 0)
			goto out;
		rd.tree = &head.tree;
	}
	r = read_all(&rd, policy);
out:
	if (r < 0)
		gv_buf_reset(&out->texts[GV_CONSENT_SCHEMAS]);
	out->has[GV_CONSENT_SCHEMAS] =
	    r == 0 && out->texts[GV_CONSENT_SCHEMAS].len > 0;
	return gv_err_settle(r == GV_ENOMEM ? r : 0, before);
}

bool
gv_consent_schema_id(
    struct gv_oid *out, const struct gv_buf *lines, const char *path)
{
	const char *p = lines->p, *line;
	const size_t len = strlen(path);
	size_t n;

	while (gv_lines_next(&line, &n, &p, lines->p + lines->len))
		if (n == GV_OID_HEX + 1 + len &&
		    memcmp(line + GV_OID_HEX + 1, path, len) == 0)
			return gv_oid_parse(out, line) == 0;
	return false;
}
