#include "helper/test-tool.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "repo/repo.h"
#include "sys/workers.h"

/*
 * Do one thing with each object named on standard input, on two threads, and
 * print the sum of sizes, the count done and the count failed. The ids are
 * taken in the order that they stand in packs, as a restore does.
 */

#define BATCH 256

struct item {
	struct gv_oid id;
	uint64_t place;
};

struct job {
	struct gv_odb *odb;
	const char *verb;
	struct item *items;
	size_t n;
	atomic_size_t next, bytes, done, failed;
};

static int
compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->place < y->place ? -1 : x->place > y->place;
}

static int
count(void *ctx, const void *data, size_t len)
{
	size_t *bytes = ctx;

	(void)data;
	*bytes += len;
	return 0;
}

static int
one(struct job *job, const struct gv_oid *id, size_t *bytes)
{
	struct gv_object obj;
	enum gv_otype type;
	int r;

	if (strcmp(job->verb, "has") == 0)
		return gv_odb_has(job->odb, id) ? 0 : GV_ENOTFOUND;
	if (strcmp(job->verb, "place") == 0)
		return gv_odb_place(job->odb, id) ? 0 : GV_ENOTFOUND;
	if (strcmp(job->verb, "header") == 0)
		return gv_odb_read_header(job->odb, &type, bytes, id);
	if (strcmp(job->verb, "stream") == 0)
		return gv_odb_stream(job->odb, id, count, bytes);
	r = gv_odb_read(job->odb, &obj, id);
	if (r < 0)
		return r;
	*bytes = obj.len;
	gv_object_release(&obj);
	return 0;
}

static int
work(void *ctx, int thread)
{
	struct job *job = ctx;
	size_t i, end, bytes;

	(void)thread;
	while ((i = atomic_fetch_add(&job->next, BATCH)) < job->n) {
		end = i + BATCH < job->n ? i + BATCH : job->n;
		for (; i < end; i++) {
			bytes = 0;
			if (one(job, &job->items[i].id, &bytes) < 0) {
				fprintf(stderr, "%s\n", gv_err_message());
				job->failed++;
			} else {
				job->done++;
				job->bytes += bytes;
			}
		}
	}
	return 0;
}

int
cmd_odb(int argc, char **argv)
{
	struct gv_repo repo = { 0 };
	struct job job = { 0 };
	char line[128];
	size_t cap = 0;

	if (argc < 3)
		return 129;
	repo.objects_dir = argv[1];
	repo.partial = getenv("TEST_PARTIAL") != NULL;
	job.verb = argv[2];
	if (gv_odb_open(&job.odb, &repo) < 0)
		return 128;
	while (fgets(line, sizeof(line), stdin)) {
		if (gv_vec_grow((void **)&job.items, &cap, job.n + 1,
			sizeof(*job.items)) < 0 ||
		    gv_oid_parse(&job.items[job.n].id, line) < 0)
			return 128;
		job.items[job.n].place =
		    gv_odb_place(job.odb, &job.items[job.n].id);
		job.n++;
	}
	if (job.n)
		qsort(job.items, job.n, sizeof(*job.items), compare);
	gv_workers_run(argc > 3 ? atoi(argv[3]) : 2, work, &job);
	printf("%zu %zu %zu\n", job.bytes, job.done, job.failed);
	free(job.items);
	gv_odb_close(job.odb);
	return job.failed ? 1 : 0;
}
