/*
 * Takes values out of files and seals them in the vault of the repository of
 * the current directory, as a snapshot would, for tests that make snapshots by
 * hand.
 *
 *	given-tool [-i IDENTITY]… LIST <SPANS
 *		files of the current directory in place, by lines
 *		"SCOPE OFFSET LENGTH RULE PATH", those of a path together;
 *		the rule "file" takes all of it. What is withheld goes to LIST
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_writer.h"
#include "seal/redact.h"
#include "seal/withheld.h"
#include "sys/file.h"

#define MANY 1024
#define MOST ((size_t)1 << 30)

struct span {
	char scope[65], rule[65], path[1024];
	unsigned long long at, len;
};

struct job {
	struct gv_repo *repo;
	struct gv_odb *odb;
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
	struct gv_safe *safe;
	struct gv_safe_writer *writer;
	struct span spans[MANY];
	size_t n;
	const char *identities[MANY];
	size_t n_identities;
	const struct span *file; /* that is worked at */
	struct gv_withheld list;
	struct gv_buf out;
};

static void
must(int r)
{
	if (r == 0)
		return;
	fprintf(stderr, "given-tool: %s\n", gv_err_message());
	exit(1);
}

static int
take(void *ctx, struct gv_redact_span *span, const unsigned char *value)
{
	struct job *j = ctx;

	return gv_safe_put(
	    j->writer, &span->id, j->file->scope, value, (size_t)span->len);
}

static int
place(void *ctx, const struct gv_redact_span *span)
{
	struct job *j = ctx;
	struct gv_withheld_entry e = { .place = *span,
		.kind = strcmp(span->rule, "file") == 0 ? GV_WITHHELD_FILE
							: GV_WITHHELD_SPAN,
		.scope = j->file->scope,
		.path = j->file->path,
		.path_len = strlen(j->file->path) };
	int r = gv_safe_find(&e.object, j->safe, e.scope, &span->id);

	return r < 0 ? r : gv_withheld_add(&j->list, &e);
}

static int
put(void *ctx, const void *data, size_t len)
{
	struct job *j = ctx;

	gv_buf_add(&j->out, data, len);
	return gv_buf_check(&j->out);
}

/* The file of spans[i] and those behind it; how many. */
static size_t
redact(struct job *j, size_t i)
{
	const struct gv_redact_to to = { take, place, put, j };
	struct gv_redact_span spans[MANY];
	struct gv_buf clear = GV_BUF_INIT;
	size_t n = 0;

	j->file = &j->spans[i];
	must(gv_file_read(&clear, AT_FDCWD, j->file->path, MOST));
	for (; i + n < j->n && strcmp(j->spans[i + n].path, j->file->path) == 0;
	     n++)
		spans[n] = (struct gv_redact_span){ .at = j->spans[i + n].at,
			.len = strcmp(j->spans[i + n].rule, "file") == 0
			    ? clear.len
			    : j->spans[i + n].len,
			.rule = j->spans[i + n].rule };
	gv_buf_reset(&j->out);
	must(gv_redact_whole(&to, clear.p, clear.len, spans, n));
	must(gv_file_replace(
	    AT_FDCWD, j->file->path, j->out.p, j->out.len, 0600, false));
	gv_buf_release(&clear);
	return n;
}

static void
open_all(struct job *j)
{
	struct gv_pack_opts pack = { 0 };
	const struct gv_safe_opts opts = { .now = 1700000000,
		.made = gv_audit_tell_made,
		.identities = j->identities,
		.n_identities = j->n_identities };

	must(gv_repo_open(&j->repo, GV_REPO_NEED_WORKTREE));
	assert(j->repo);
	must(gv_repo_odb(j->repo, &j->odb));
	pack.objects_dir = j->repo->objects_dir;
	pack.odb = j->odb;
	must(gv_safe_open(&j->safe, j->repo, &opts));
	must(gv_safe_prepare(j->safe));
	must(gv_pack_open(&j->pack, &pack));
	must(gv_pack_lane_open(&j->lane, j->pack));
	must(gv_safe_writer_new(&j->writer, j->safe, j->lane));
}

static void
close_all(struct job *j)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_pack_result result;

	gv_safe_writer_free(j->writer);
	must(gv_safe_publish(j->safe, j->lane, &tx));
	must(gv_pack_lane_close(j->lane));
	must(gv_pack_finish(j->pack, &result));
	must(gv_ref_commit(&tx, j->repo));
	gv_pack_unkeep(j->pack);
	gv_pack_free(j->pack);
	gv_ref_tx_release(&tx);
	gv_safe_close(j->safe);
	gv_repo_close(j->repo);
}

int
main(int argc, char **argv)
{
	static struct job j = { .list = GV_WITHHELD_INIT, .out = GV_BUF_INIT };
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int c;

	while ((c = getopt(argc, argv, "i:")) == 'i')
		j.identities[j.n_identities++] = optarg;
	if (c >= 0 || optind + 1 != argc)
		return 129;
	while (j.n < MANY &&
	    scanf("%64s %llu %llu %64s %1023[^\n]", j.spans[j.n].scope,
		&j.spans[j.n].at, &j.spans[j.n].len, j.spans[j.n].rule,
		j.spans[j.n].path) == 5)
		j.n++;
	open_all(&j);
	for (i = 0; i < j.n;)
		i += redact(&j, i);
	close_all(&j);
	must(gv_withheld_write(&text, &j.list));
	must(gv_file_replace(
	    AT_FDCWD, argv[optind], text.p, text.len, 0644, false));
	gv_buf_release(&text);
	gv_buf_release(&j.out);
	gv_withheld_release(&j.list);
	return 0;
}
