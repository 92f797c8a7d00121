/*
 * Values through lib/safe/safe in the repository of the current directory, as
 * commands put them in and get them out.
 *
 *	safe-tool put SCOPE FILE…	a line "ID OBJECT" for each
 *	safe-tool many SCOPE COUNT	so many values of 40 bytes; the lines
 *					"seal SECONDS" of processor time and
 *					"sealed COUNT" of new ones
 *	safe-tool get SCOPE ID		the value
 *	safe-tool all SCOPE		opens all: "open SECONDS" and
 *					"opened COUNT"
 *	safe-tool list SCOPE		a line "ID OBJECT" for each
 *	safe-tool news			what the safe has to tell
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "key/prompt.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_reader.h"
#include "safe/safe_writer.h"
#include "sys/clock.h"
#include "sys/file.h"

#define MOST ((size_t)1 << 30)

struct job {
	struct gv_repo *repo;
	struct gv_odb *odb;
	struct gv_safe *safe;
	const char *scope;
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
	struct gv_safe_writer *writer;
	struct gv_safe_reader *reader;
	struct gv_secret value;
	size_t n;
};

static double
seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static int
open_writer(struct job *j)
{
	const struct gv_pack_opts opts = { .objects_dir = j->repo->objects_dir,
		.odb = j->odb };
	int r = gv_safe_prepare(j->safe);

	if (r == 0)
		r = gv_pack_open(&j->pack, &opts);
	if (r == 0)
		r = gv_pack_lane_open(&j->lane, j->pack);
	return r < 0 ? r : gv_safe_writer_new(&j->writer, j->safe, j->lane);
}

static int
publish(struct job *j)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_pack_result result;
	int r = gv_safe_publish(j->safe, j->lane, &tx);

	if (r == 0) {
		r = gv_pack_lane_close(j->lane);
		j->lane = NULL;
	}
	if (r == 0)
		r = gv_pack_finish(j->pack, &result);
	if (r == 0 && tx.lines.len)
		r = gv_ref_commit(&tx, j->repo);
	if (r == 0)
		gv_pack_unkeep(j->pack);
	gv_ref_tx_release(&tx);
	return r;
}

static int
print(void *ctx, const struct gv_digest *id, const struct gv_oid *object)
{
	char name[2 * GV_DIGEST_BYTES + 1], hex[GV_OID_HEX + 1];

	(void)ctx;
	gv_enc_hex(name, id->bytes, GV_DIGEST_BYTES);
	gv_oid_format(hex, object);
	printf("%s %s\n", name, hex);
	return 0;
}

static int
put(struct job *j, int argc, char **argv)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_digest id;
	struct gv_oid object;
	int i, r = open_writer(j);

	for (i = 0; r == 0 && i < argc; i++) {
		gv_buf_reset(&text);
		r = gv_file_read(&text, AT_FDCWD, argv[i], MOST);
		if (r == 0)
			r = gv_safe_put(
			    j->writer, &id, j->scope, text.p, text.len);
		if (r == 0)
			r = gv_safe_find(&object, j->safe, j->scope, &id);
		if (r == 0)
			print(NULL, &id, &object);
	}
	gv_buf_release(&text);
	return r < 0 ? r : publish(j);
}

static int
put_many(struct job *j, int argc, char **argv)
{
	unsigned long i, n = argc == 1 ? strtoul(argv[0], NULL, 10) : 0;
	struct gv_digest id;
	char value[41];
	double before;
	int r = open_writer(j);

	before = seconds();
	for (i = 0; r == 0 && i < n; i++) {
		snprintf(value, sizeof(value), "%036lx%04lx", i * 2654435761ul,
		    i % 65536);
		r = gv_safe_put(j->writer, &id, j->scope, value, 40);
	}
	printf("seal\t%.3f\n", seconds() - before);
	printf("sealed\t%lu\n", (unsigned long)gv_safe_sealed(j->safe));
	return r < 0 ? r : publish(j);
}

static int
write_out(void *ctx, const void *data, size_t len)
{
	(void)ctx;
	return fwrite(data, 1, len, stdout) == len ? 0 : GV_ERROR;
}

static int
get(struct job *j, int argc, char **argv)
{
	struct gv_safe_place place = { .scope = j->scope };
	int r = gv_safe_reader_new(&j->reader, j->safe);

	if (argc != 1 || strlen(argv[0]) != 2 * GV_DIGEST_BYTES ||
	    gv_enc_unhex(place.id.bytes, argv[0], GV_DIGEST_BYTES) < 0)
		return gv_err(GV_EUSAGE, "this is no id");
	return r < 0 ? r : gv_safe_read(j->reader, &place, write_out, NULL);
}

static int
open_one(void *ctx, const struct gv_digest *id, const struct gv_oid *object)
{
	struct job *j = ctx;
	struct gv_safe_place place = { .scope = j->scope, .id = *id };

	(void)object;
	gv_secret_reset(&j->value);
	j->n++;
	return gv_safe_get(j->reader, &j->value, &place);
}

static int
get_all(struct job *j, int argc, char **argv)
{
	int r = gv_safe_reader_new(&j->reader, j->safe);
	double before = seconds();

	(void)argc;
	(void)argv;
	if (r == 0)
		r = gv_safe_each(j->safe, j->scope, open_one, j);
	printf("open\t%.3f\n", seconds() - before);
	printf("opened\t%zu\n", j->n);
	return r;
}

static int
list(struct job *j, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return gv_safe_each(j->safe, j->scope, print, NULL);
}

static int
tell(struct job *j, int argc, char **argv)
{
	const struct gv_safe_news *news;
	int r = gv_safe_prepare(j->safe);

	(void)argc;
	(void)argv;
	news = gv_safe_news(j->safe);
	if (r == 0)
		printf("made %d first-seen %d random %d exposed %d %s\n",
		    news->is_made, news->is_first_seen, news->is_random,
		    news->exposed != NULL, news->print);
	return r;
}

static const struct {
	const char *name;
	int (*run)(struct job *j, int argc, char **argv);
} verbs[] = { { "put", put }, { "many", put_many }, { "get", get },
	{ "all", get_all }, { "list", list }, { "news", tell } };

static int
carry_out(struct job *j, int argc, char **argv)
{
	const struct gv_safe_opts opts = { .now = gv_clock_now().tv_sec,
		.made = gv_audit_tell_made,
		.ask = gv_prompt_passphrase };
	size_t i;
	int r = gv_repo_open(&j->repo, 0);

	if (r == 0)
		r = gv_repo_odb(j->repo, &j->odb);
	if (r == 0)
		r = gv_safe_open(&j->safe, j->repo, &opts);
	j->scope = argc > 2 ? argv[2] : "";
	for (i = 0; r == 0 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(j, argc > 3 ? argc - 3 : 0,
			    argc > 3 ? argv + 3 : argv);
	return r < 0 ? r : gv_err(GV_EUSAGE, "no such verb: %s", argv[1]);
}

int
main(int argc, char **argv)
{
	struct job j = { .value = GV_SECRET_INIT };
	int r = argc < 2 ? gv_err(GV_EUSAGE, "what is to be done?")
			 : carry_out(&j, argc, argv);

	if (r < 0)
		fprintf(stderr, "safe-tool: %s\n", gv_err_message());
	gv_safe_writer_free(j.writer);
	gv_safe_reader_free(j.reader);
	gv_secret_release(&j.value);
	gv_safe_close(j.safe);
	if (j.lane)
		gv_pack_lane_close(j.lane);
	gv_pack_free(j.pack);
	gv_repo_close(j.repo);
	return r == GV_ENOKEY ? 5 : r < 0;
}
