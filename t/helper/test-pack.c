#include "helper/test-tool.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/pack.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/workers.h"

/*
 * Add the files named on standard input, one a line, to one pack; paths that
 * differ in an environment's name only are a group.
 *	-j N	threads
 *	-l	print "<id> <path>" for each file
 *	-d	no groups
 *	-n	no fsync
 *	-k	leave the .keep and the pack, as if killed before the ref
 * Prints "objects deltas bytes checksum".
 */

#define BATCH 64

struct file {
	char *path, *key;
	struct gv_oid id;
};

struct job {
	struct file *files;
	size_t n;
	atomic_size_t next;
	struct gv_pack *pack;
	bool no_groups;
};

static const char *const environments[] = { "dev", "development", "test", "qa",
	"stage", "staging", "stg", "prod", "production", "prd" };

static bool
is_environment(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(environments) / sizeof(environments[0]); i++)
		if (strlen(environments[i]) == len &&
		    memcmp(environments[i], p, len) == 0)
			return true;
	return false;
}

/* The path with each environment's name as one '*'. */
static char *
fold(const char *path)
{
	struct gv_buf key = GV_BUF_INIT;
	size_t n;

	while (*path) {
		n = strcspn(path, "/-_.");
		if (is_environment(path, n))
			gv_buf_addch(&key, '*');
		else
			gv_buf_add(&key, path, n);
		path += n;
		if (*path)
			gv_buf_addch(&key, *path++);
	}
	return gv_buf_take(&key);
}

static int
compare(const void *a, const void *b)
{
	const struct file *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	return c ? c : strcmp(x->path, y->path);
}

static int
add_file(struct gv_pack_lane *lane, struct file *f, struct gv_buf *data)
{
	struct stat st;
	ssize_t n = -1;
	int fd = open(f->path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return gv_err_sys("cannot open %s", f->path);
	gv_buf_reset(data);
	r = gv_buf_grow(data, (size_t)st.st_size);
	if (r == 0)
		n = gv_file_read_full(fd, data->p, (size_t)st.st_size);
	close(fd);
	if (n < 0)
		return gv_err_sys("cannot read %s", f->path);
	return gv_pack_add(
	    lane, &f->id, GV_OTYPE_BLOB, data->p, (size_t)n, NULL);
}

/* Take some files at a time, never parting a group. */
static bool
take(struct job *job, size_t *from, size_t *to)
{
	const struct file *f = job->files;
	size_t n = job->n;

	*from = atomic_fetch_add(&job->next, BATCH);
	if (*from >= n)
		return false;
	*to = *from + BATCH < n ? *from + BATCH : n;
	while (*from > 0 && *from < n &&
	    strcmp(f[*from - 1].key, f[*from].key) == 0)
		++*from;
	while (*to < n && strcmp(f[*to - 1].key, f[*to].key) == 0)
		++*to;
	return true;
}

static int
work(void *ctx, int thread)
{
	struct job *job = ctx;
	struct gv_buf data = GV_BUF_INIT;
	struct gv_pack_lane *lane;
	const char *last;
	size_t i, to;
	int r = gv_pack_lane_open(&lane, job->pack), s;

	(void)thread;
	if (r < 0)
		return r;
	while (r == 0 && take(job, &i, &to))
		for (last = ""; r == 0 && i < to; i++) {
			if (!job->no_groups &&
			    strcmp(last, job->files[i].key) != 0)
				gv_pack_group(lane);
			last = job->files[i].key;
			r = add_file(lane, &job->files[i], &data);
		}
	s = gv_pack_lane_close(lane);
	gv_buf_release(&data);
	return r < 0 ? r : s;
}

static void
read_paths(struct job *job)
{
	char *line = NULL;
	size_t line_cap = 0, cap = 0;
	ssize_t n;

	while ((n = getline(&line, &line_cap, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (gv_vec_grow((void **)&job->files, &cap, job->n + 1,
			sizeof(*job->files)) < 0)
			abort();
		memset(&job->files[job->n], 0, sizeof(*job->files));
		job->files[job->n].path = strdup(line);
		job->files[job->n++].key = fold(line);
	}
	free(line);
	if (job->n)
		qsort(job->files, job->n, sizeof(*job->files), compare);
}

static void
print(const struct job *job, const struct gv_pack_result *res, bool list)
{
	char hex[GV_OID_HEX + 1];
	size_t i;

	for (i = 0; list && i < job->n; i++) {
		gv_oid_format(hex, &job->files[i].id);
		printf("%s %s\n", hex, job->files[i].path);
	}
	gv_oid_format(hex, &res->checksum);
	printf("%u %u %llu %s\n", res->objects, res->deltas,
	    (unsigned long long)res->bytes, hex);
}

int
cmd_pack(int argc, char **argv)
{
	struct gv_repo repo = { 0 };
	struct gv_pack_opts opts = { 0 };
	struct gv_pack_result res = { 0 };
	struct job job = { 0 };
	bool list = false, keep = false;
	int c, r, threads = 0;

	while ((c = getopt(argc, argv, "j:ldnk")) != -1) {
		if (c == 'j')
			threads = atoi(optarg);
		list |= c == 'l';
		job.no_groups |= c == 'd';
		opts.no_sync |= c == 'n';
		keep |= c == 'k';
	}
	if (optind + 1 != argc)
		return 129;
	opts.objects_dir = repo.objects_dir = argv[optind];
	read_paths(&job);
	r = gv_odb_open(&opts.odb, &repo);
	if (r == 0)
		r = gv_pack_open(&job.pack, &opts);
	if (r == 0)
		r = gv_workers_run(gv_workers_count(threads), work, &job);
	if (r == 0)
		r = gv_pack_finish(job.pack, &res);
	if (r < 0)
		fprintf(stderr, "fatal: %s\n", gv_err_message());
	else
		print(&job, &res, list);
	fflush(stdout);
	if (keep)
		_exit(r < 0 ? 128 : 0);
	if (r == 0)
		gv_pack_unkeep(job.pack);
	gv_pack_free(job.pack);
	gv_odb_close(opts.odb);
	while (job.n--) {
		free(job.files[job.n].path);
		free(job.files[job.n].key);
	}
	free(job.files);
	return r < 0 ? 128 : 0;
}
