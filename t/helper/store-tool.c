/*
 * Objects of a store elsewhere by hand, for tests and benches:
 *
 *	store-tool [-o NAME=VALUE]… COMMAND URL [ARGUMENT…]
 *
 *	put NAME FILE [new | same ETAG]	 store a file; prints size and ETag
 *	get NAME [AT LEN]		 to stdout
 *	stat NAME			 size, ETag, sums
 *	list [PREFIX [AFTER]]		 size and name, one a line
 *	delete NAME
 *	versions [PREFIX], erase NAME [VERSION [deleted]]
 *	promises			 creates replaces hashes locks
 *	count NAME FILE			 put, then requests, bytes out and in
 *
 * The options are those of struct gv_store_opts: region, endpoint, ca, profile,
 * sse, sse_key, storage_class, lock_mode, lock_until, limit, part, stall,
 * give_up, probed, lock (put with GV_STORE_LOCK), sum (what SHA-256 is announced).
 * The exit status is the negated code.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "store/store.h"

static unsigned put_flags;
static unsigned char announced[32];
static bool is_announced;

static void
set_option(struct gv_store_opts *o, char *text)
{
	char *value = strchr(text, '=');
	const struct {
		const char *name;
		const char **to;
	} texts[] = { { "region", &o->region }, { "endpoint", &o->endpoint },
		{ "ca", &o->ca }, { "profile", &o->profile },
		{ "sse", &o->sse }, { "sse_key", &o->sse_key },
		{ "storage_class", &o->storage_class },
		{ "lock_mode", &o->lock_mode } };
	size_t i;

	if (value == NULL) {
		fprintf(stderr, "store-tool: -o NAME=VALUE\n");
		exit(129);
	}
	*value++ = '\0';
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcmp(texts[i].name, text) == 0)
			*texts[i].to = value;
	if (strcmp(text, "lock_until") == 0)
		o->lock_until = atoll(value);
	if (strcmp(text, "limit") == 0)
		o->limit = strtoull(value, NULL, 10);
	if (strcmp(text, "part") == 0)
		o->part = strtoull(value, NULL, 10);
	if (strcmp(text, "stall") == 0)
		o->stall_s = atoi(value);
	if (strcmp(text, "give_up") == 0)
		o->give_up_s = atoi(value);
	if (strcmp(text, "probed") == 0) {
		o->is_probed = true;
		o->promises = (unsigned)atoi(value);
	}
	if (strcmp(text, "lock") == 0)
		put_flags |= GV_STORE_LOCK;
	if (strcmp(text, "alike") == 0)
		put_flags |= GV_STORE_ALIKE;
	if (strcmp(text, "sum") == 0)
		is_announced = strlen(value) == 64 &&
		    gv_enc_unhex(announced, value, 32) == 0;
}

static void
print_stat(const struct gv_store_stat *stat)
{
	char hex[65];

	printf("%llu %s", (unsigned long long)stat->bytes, stat->etag);
	if (stat->has_sha256) {
		gv_enc_hex(hex, stat->sha256, 32);
		printf(" sha256 %s", hex);
	}
	if (stat->has_md5) {
		gv_enc_hex(hex, stat->md5, 16);
		printf(" md5 %s", hex);
	}
	printf("\n");
}

static int
put(struct gv_store *store, char **argv)
{
	struct gv_store_body body = { .fd = open(argv[1], O_RDONLY) };
	struct gv_store_stat out;
	unsigned flags = put_flags;
	const char *etag = NULL;
	struct stat st;
	int r;

	if (body.fd < 0 || fstat(body.fd, &st) < 0)
		return gv_err_sys("cannot open %s", argv[1]);
	body.len = (uint64_t)st.st_size;
	if (is_announced)
		body.sha256 = announced;
	if (argv[2] && strcmp(argv[2], "new") == 0)
		flags |= GV_STORE_NEW;
	if (argv[2] && strcmp(argv[2], "same") == 0) {
		flags |= GV_STORE_SAME;
		etag = argv[3];
	}
	r = gv_store_put(&out, store, argv[0], &body, flags, etag);
	close(body.fd);
	if (r == 0)
		print_stat(&out);
	return r;
}

static int
count(struct gv_store *store, char **argv)
{
	struct gv_store_count n;
	int r = put(store, argv);

	gv_store_count(&n, store);
	printf("%llu %llu %llu\n", (unsigned long long)n.requests,
	    (unsigned long long)n.bytes_out, (unsigned long long)n.bytes_in);
	return r;
}

static int
print(void *ctx, const void *data, size_t len)
{
	(void)ctx;
	return fwrite(data, 1, len, stdout) == len ? 0
						   : gv_err_sys("cannot write");
}

static int
print_name(void *ctx, const char *name, const struct gv_store_stat *stat)
{
	(void)ctx;
	printf("%llu %s\n", (unsigned long long)stat->bytes, name);
	return 0;
}

static int
print_version(void *ctx, const struct gv_store_version *v)
{
	(void)ctx;
	printf("%s %s%s%s%s\n", v->name, *v->id ? v->id : "-",
	    v->is_current ? " current" : "", v->is_marker ? " marker" : "",
	    v->is_deleted ? " deleted" : "");
	return 0;
}

static int
versions(struct gv_store *store, const char *prefix)
{
	bool sees_all;
	int r =
	    gv_store_versions(&sees_all, store, prefix, print_version, NULL);

	if (r == 0 && !sees_all)
		printf("not all\n");
	return r;
}

static int
erase(struct gv_store *store, const char *name, const char *id, bool is_deleted)
{
	const struct gv_store_version v = {
		.name = name, .id = id, .is_deleted = is_deleted
	};
	struct gv_store_stat lock;
	int r = gv_store_erase(&lock, store, &v);

	if (lock.locked_until)
		printf("locked until %lld\n", (long long)lock.locked_until);
	if (lock.is_held)
		printf("held\n");
	return r;
}

static int
promises(struct gv_store *store)
{
	unsigned p = 0;
	int r = gv_store_promises(&p, store);

	if (r == 0)
		printf("%s%s%s%s\n", p & GV_STORE_CREATES ? "creates " : "",
		    p & GV_STORE_REPLACES ? "replaces " : "",
		    p & GV_STORE_HASHES ? "hashes " : "",
		    p & GV_STORE_LOCKS ? "locks " : "");
	return r;
}

static int
run(struct gv_store *store, const char *command, char **argv, int argc)
{
	const struct gv_store_sink sink = { print, NULL };
	struct gv_store_stat stat;
	int r;

	if (strcmp(command, "put") == 0 && argc >= 2)
		return put(store, argv);
	if (strcmp(command, "count") == 0 && argc >= 2)
		return count(store, argv);
	if (strcmp(command, "get") == 0 && argc >= 1)
		return gv_store_get(store, argv[0],
		    argc > 1 ? strtoull(argv[1], NULL, 10) : 0,
		    argc > 2 ? strtoull(argv[2], NULL, 10) : UINT64_MAX, &sink);
	if (strcmp(command, "stat") == 0 && argc == 1) {
		r = gv_store_stat(&stat, store, argv[0]);
		if (r == 0)
			print_stat(&stat);
		return r;
	}
	if (strcmp(command, "list") == 0)
		return gv_store_list(store, argc > 0 ? argv[0] : "",
		    argc > 1 ? argv[1] : NULL, print_name, NULL);
	if (strcmp(command, "delete") == 0 && argc == 1)
		return gv_store_delete(store, argv[0]);
	if (strcmp(command, "versions") == 0)
		return versions(store, argc > 0 ? argv[0] : "");
	if (strcmp(command, "erase") == 0 && argc >= 1)
		return erase(store, argv[0], argc > 1 ? argv[1] : "", argc > 2);
	if (strcmp(command, "promises") == 0)
		return promises(store);
	return gv_err(GV_EUSAGE, "store-tool: unknown command");
}

int
main(int argc, char **argv)
{
	struct gv_store_opts opts = { 0 };
	struct gv_store *store = NULL;
	int r;

	for (; argc > 2 && strcmp(argv[1], "-o") == 0; argc -= 2, argv += 2)
		set_option(&opts, argv[2]);
	if (argc < 3)
		return 129;
	r = gv_secret_ready();
	if (r == 0)
		r = gv_store_open(&store, argv[2], &opts);
	if (r == 0)
		r = run(store, argv[1], argv + 3, argc - 3);
	gv_store_close(store);
	if (fflush(stdout) != 0 && r == 0)
		r = gv_err_sys("cannot write");
	if (r < 0)
		fprintf(stderr, "error: %s\n", gv_err_message());
	return -r;
}
