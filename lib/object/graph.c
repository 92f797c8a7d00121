#include "object/graph.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/proc.h"

/*
 * A file of it:
 *	"CGPH", version 1, hash 1 (SHA-1), number of chunks, number of bases
 *	for each chunk and one more: 4 bytes of name, 8 of where it begins
 *	chunk OIDF: 256 times 4 bytes, how many ids begin with that byte or less
 *	chunk OIDL: the ids, sorted
 * Numbers are in network order. A chain is a list of names of such files.
 */
#define HEAD   8
#define ROW    12
#define FANOUT 256

#define CHAIN_MAX ((size_t)1 << 16)

struct graph {
	int fd;
	unsigned char fanout[FANOUT * 4];
	uint64_t ids; /* where they begin */
};

static bool
read_at(const struct graph *g, void *out, size_t len, uint64_t at)
{
	return gv_file_pread_full(g->fd, out, len, (off_t)at) == (ssize_t)len;
}

static bool
find_chunks(struct graph *g)
{
	unsigned char head[HEAD], row[ROW];
	uint64_t fanout = 0;
	int i;

	if (!read_at(g, head, HEAD, 0) || memcmp(head, "CGPH\1\1", 6) != 0)
		return false;
	for (i = 0; i < head[6]; i++) {
		if (!read_at(g, row, ROW, HEAD + (uint64_t)i * ROW))
			return false;
		if (memcmp(row, "OIDF", 4) == 0)
			fanout = gv_enc_number(row + 4, 8);
		else if (memcmp(row, "OIDL", 4) == 0)
			g->ids = gv_enc_number(row + 4, 8);
	}
	return fanout && g->ids &&
	    read_at(g, g->fanout, sizeof(g->fanout), fanout);
}

/* What cannot be read is taken for named. */
static bool
names(const struct graph *g, const struct gv_oid *id)
{
	const unsigned char *f = &g->fanout[4 * id->id[0]];
	uint64_t from = id->id[0] ? gv_enc_number(f - 4, 4) : 0,
		 to = gv_enc_number(f, 4), i;
	unsigned char *ids;
	bool found = true;

	if (to <= from)
		return to < from;
	ids = malloc((to - from) * GV_OID_RAW);
	if (ids &&
	    read_at(
		g, ids, (to - from) * GV_OID_RAW, g->ids + from * GV_OID_RAW)) {
		found = false;
		for (i = 0; !found && i < to - from; i++)
			found = memcmp(ids + i * GV_OID_RAW, id->id,
				    GV_OID_RAW) == 0;
	}
	free(ids);
	return found;
}

static bool
file_names(const char *path, const struct gv_oid *commits, size_t n)
{
	struct graph g = { .fd = open(path, O_RDONLY | O_CLOEXEC) };
	bool found;
	size_t i;

	found = g.fd >= 0 && !find_chunks(&g);
	for (i = 0; !found && g.fd >= 0 && i < n; i++)
		found = names(&g, &commits[i]);
	gv_file_close(g.fd);
	return found;
}

static bool
chain_names(struct gv_buf *path, const struct gv_buf *chain,
    const struct gv_oid *commits, size_t n)
{
	size_t dir = path->len, len;
	const char *p = chain->p;
	bool found = false;

	for (; !found && *p; p += len + (p[len] == '\n')) {
		len = strcspn(p, "\n");
		gv_buf_truncate(path, dir);
		gv_buf_addf(path, "/graph-%.*s.graph", (int)len, p);
		found =
		    gv_buf_check(path) < 0 || file_names(path->p, commits, n);
	}
	return found;
}

/* git keeps what the old one had of changed paths. Where core.commitGraph is
 * false it would write none, and the old one would be wrong later. */
static int
run_git(const char *split)
{
	static const char *const env[] = { "LC_ALL=C", NULL };
	const char *argv[] = { "git", "-c", "core.commitGraph=true",
		"commit-graph", "write", "--reachable", "--no-progress", split,
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	bool is_locked;
	int r =
	    gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv, .env = env });

	is_locked = r == 0 && p.status && strstr(p.err.p, "File exists");
	if (r == 0 && p.status)
		r = gv_err(is_locked ? GV_ELOCKED : GV_ERROR,
		    "git cannot write its commit-graph: %.*s%s",
		    (int)strcspn(p.err.p, "\n"),
		    p.err.len ? p.err.p : "git commit-graph was killed",
		    is_locked ? " Another git does: try again when it is done; "
				"if it was killed at it, 'git vault doctor' "
				"tells"
			      : "");
	gv_proc_release(&p);
	return r;
}

int
gv_graph_forget(
    const struct gv_repo *repo, const struct gv_oid *commits, size_t n)
{
	struct gv_buf path = GV_BUF_INIT, chain = GV_BUF_INIT;
	bool is_chain = false, found = false;
	size_t dir;
	int r;

	gv_buf_addf(&path, "%s/info/commit-graph", repo->objects_dir);
	r = gv_buf_check(&path);
	if (r < 0)
		goto out;
	dir = path.len;
	found = file_names(path.p, commits, n);
	gv_buf_addstr(&path, "s/commit-graph-chain");
	if (!found && gv_buf_check(&path) == 0 &&
	    gv_file_read(&chain, AT_FDCWD, path.p, CHAIN_MAX) == 0) {
		is_chain = true;
		gv_buf_truncate(&path, dir + 1);
		found = chain_names(&path, &chain, commits, n);
	}
	r = found ? run_git(is_chain ? "--split=replace" : NULL) : 0;
out:
	gv_buf_release(&path);
	gv_buf_release(&chain);
	return r;
}

bool
gv_graph_is_there(const struct gv_repo *repo)
{
	static const char *const names[] = { "commit-graph",
		"commit-graphs/commit-graph-chain" };
	struct gv_buf path = GV_BUF_INIT;
	bool there = false;
	size_t i;

	for (i = 0; !there && i < 2; i++) {
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/info/%s", repo->objects_dir, names[i]);
		there = gv_buf_check(&path) == 0 &&
		    gv_file_exists(AT_FDCWD, path.p);
	}
	gv_buf_release(&path);
	return there;
}

int
gv_graph_write(const struct gv_repo *repo)
{
	const struct gv_config *c = &repo->config;

	if (!gv_config_bool(c, "core.commitgraph", true) ||
	    !gv_config_bool(c, "gc.writecommitgraph", true))
		return 0;
	return run_git("--split");
}
