#include "autosave/autosave.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/env.h"
#include "sys/file.h"

/* Nobody saves that often: a longer chain is a forged one. */
#define MOST 1000000

#define ID    "Vault-Auto: "
#define SINCE "Vault-Since: "

/* ---- a link -------------------------------------------------------------- */

/* Read the line of a header, "parent " and 40 digits; behind it. NULL where it
 * is another one. */
static const char *
read_header(struct gv_oid *out, const char *p, const char *name)
{
	const size_t len = strlen(name);

	if (strncmp(p, name, len) != 0 || strlen(p) <= len + GV_OID_HEX ||
	    p[len + GV_OID_HEX] != '\n' || gv_oid_parse(out, p + len) < 0)
		return NULL;
	return p + len + GV_OID_HEX + 1;
}

static bool
read_parents(struct gv_autosave *out, const char *p)
{
	struct gv_oid parents[2];
	const char *next = read_header(&out->root, p, "tree ");
	size_t n = 0;

	while (next && n < 2 && (p = next) &&
	    (next = read_header(&parents[n], p, "parent ")) != NULL)
		n++;
	if (n == 0 || (next && strncmp(next, "parent ", 7) == 0))
		return false;
	out->commit = parents[n - 1];
	if (n == 2)
		out->before = parents[0];
	return true;
}

static bool
read_message(struct gv_autosave *out, const char *text)
{
	const char *id = strstr(text, "\n" ID), *since;

	if (id == NULL)
		return false;
	id += strlen("\n" ID);
	if (strcspn(id, "\n") != GV_AUTOSAVE_ID ||
	    gv_time_parse_compact(&out->time, id) < 0)
		return false;
	memcpy(out->id, id, GV_AUTOSAVE_ID);
	since = strstr(id, "\n" SINCE);
	out->since =
	    since ? (unsigned)strtoul(since + strlen("\n" SINCE), NULL, 10) : 0;
	return true;
}

static int
read_link(
    struct gv_autosave *out, struct gv_odb *odb, const struct gv_oid *link)
{
	struct gv_object obj = { 0 };
	struct gv_buf text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r = gv_odb_read_type(odb, &obj, link, GV_OTYPE_COMMIT);

	memset(out, 0, sizeof(*out));
	out->link = *link;
	gv_oid_format(hex, link);
	if (r == 0) {
		gv_buf_add(&text, obj.data, obj.len);
		r = gv_buf_check(&text);
	}
	if (r == 0 &&
	    (!read_parents(out, text.p) || !read_message(out, text.p)))
		r = gv_err(GV_ECORRUPT,
		    "the commit %s is no link of a chain of automatic saves",
		    hex);
	gv_buf_release(&text);
	gv_object_release(&obj);
	return r == GV_ENOTFOUND
	    ? gv_err(r, "the commit %s of the automatic saves is missing", hex)
	    : r;
}

/* ---- the ref ------------------------------------------------------------- */

/* A linked working tree is called as git calls it. Git gives the name of a
 * removed one to the next: the file .git/vault/auto, which goes with the tree,
 * says whose the chain is. */
static const char *
tree_of(const struct gv_repo *repo)
{
	const char *slash = strrchr(repo->git_dir, '/');

	return strcmp(repo->git_dir, repo->common_dir) == 0 ? "main"
	    : slash                                         ? slash + 1
							    : repo->git_dir;
}

int
gv_autosave_ref(struct gv_buf *out, struct gv_repo *repo)
{
	char host[256];

	gv_env_host(host, sizeof(host));
	gv_buf_addstr(out, GV_REFS_AUTO);
	if (!gv_ref_add_word(out, host))
		gv_buf_addstr(out, "host");
	gv_buf_addch(out, '/');
	if (!gv_ref_add_word(out, tree_of(repo)))
		gv_buf_addstr(out, "tree");
	return gv_buf_check(out);
}

static int
find_tip(struct gv_oid *out, struct gv_repo *repo)
{
	struct gv_buf name = GV_BUF_INIT;
	int r = gv_autosave_ref(&name, repo);

	memset(out, 0, sizeof(*out));
	if (r == 0)
		r = gv_ref_find(out, repo, name.p);
	gv_buf_release(&name);
	return r;
}

int
gv_autosave_last(struct gv_autosave *out, struct gv_repo *repo)
{
	struct gv_oid tip;
	struct gv_odb *odb;
	int r = find_tip(&tip, repo);

	memset(out, 0, sizeof(*out));
	if (r < 0 || gv_oid_is_zero(&tip) || (r = gv_repo_odb(repo, &odb)) < 0)
		return r;
	r = read_link(out, odb, &tip);
	return r < 0 ? r : 1;
}

/* ---- the chain ----------------------------------------------------------- */

int
gv_autosave_load(
    struct gv_autosaves *out, struct gv_repo *repo, const struct gv_oid *tip)
{
	struct gv_oid link;
	struct gv_odb *odb;
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (tip)
		out->tip = *tip;
	else
		r = find_tip(&out->tip, repo);
	if (r < 0 || (r = gv_repo_odb(repo, &odb)) < 0)
		return r;
	for (link = out->tip; !gv_oid_is_zero(&link) && out->n < MOST;
	     link = out->saves[out->n++].before) {
		if ((r = GV_GROW(out->saves, out->n, out->cap)) < 0 ||
		    (r = read_link(&out->saves[out->n], odb, &link)) < 0)
			return r;
	}
	return 0;
}

void
gv_autosave_release(struct gv_autosaves *chain)
{
	free(chain->saves);
	memset(chain, 0, sizeof(*chain));
}

int
gv_autosave_find(
    struct gv_autosave *out, struct gv_repo *repo, int64_t time, const char *id)
{
	struct gv_odb *odb;
	struct gv_oid link;
	size_t n;
	int r = find_tip(&link, repo);

	if (r < 0 || (r = gv_repo_odb(repo, &odb)) < 0)
		return r;
	for (n = 0; !gv_oid_is_zero(&link) && n < MOST; n++) {
		if ((r = read_link(out, odb, &link)) < 0)
			return r;
		if (id ? strcmp(out->id, id) == 0 : out->time <= time)
			return 1;
		link = out->before;
	}
	memset(out, 0, sizeof(*out));
	return 0;
}

/* ---- whose it is --------------------------------------------------------- */

/* Whether the file says that the chain stood there by our own doing. */
static int
is_noted(const struct gv_repo *repo, const struct gv_oid *tip)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r;

	gv_oid_format(hex, tip);
	gv_buf_addf(&path, "%s/auto", repo->vault_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_read(&text, AT_FDCWD, path.p, 4096);
	if (r == GV_ENOTFOUND || r == GV_EREFUSED)
		r = 0;
	else if (r == 0)
		r = strstr(text.p, hex) != NULL;
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
gv_autosave_took(struct gv_repo *repo, const struct gv_oid *commit)
{
	struct gv_autosaves chain = { .n = 0 };
	struct gv_oid tip;
	size_t i;
	int r = find_tip(&tip, repo);

	if (r < 0 || gv_oid_is_zero(&tip) || (r = is_noted(repo, &tip)) <= 0)
		return r;
	r = gv_autosave_load(&chain, repo, &tip);
	for (i = 0; i < chain.n; i++)
		if (gv_oid_equal(&chain.saves[i].commit, commit))
			break;
	/* what is newer than a damaged link is known */
	r = i < chain.n ? 1 : r;
	gv_autosave_release(&chain);
	return r;
}
