/*
 * Vaults of others through lib/vault, beside the servers of tests.
 *
 *	backend-tool POLICY VAULT health
 *	backend-tool POLICY VAULT store SCOPE ID
 *	backend-tool POLICY VAULT fetch SCOPE ID [VERSION]
 *	backend-tool POLICY VAULT delete SCOPE ID
 *	backend-tool POLICY VAULT list SCOPE
 *	backend-tool POLICY VAULT wrap
 *	backend-tool POLICY VAULT unwrap TEXT
 *
 * store and wrap read stdin, store prints the version.
 * Exits with the number of the failure, as enum gv_err has it without the sign,
 * and prints its sentence.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "config/policy.h"
#include "crypto/secret.h"
#include "key/backend.h"
#include "key/backend_wrapped.h"
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

#define MOST ((size_t)64 << 20)

static int
read_stdin(struct gv_secret *out)
{
	ssize_t n;
	int r;

	do {
		r = gv_secret_grow(out, 65536);
		if (r < 0)
			return r;
		n = gv_file_read_some(STDIN_FILENO, out->p + out->len, 65536);
		if (n < 0)
			return gv_err_sys("cannot read");
		out->len += (size_t)n;
	} while (n > 0);
	return 0;
}

static int
show(void *ctx, const char *name)
{
	(void)ctx;
	printf("%s\n", name);
	return 0;
}

/* What is about one value. */
static int
run_value(struct gv_backend *b, int argc, char **argv)
{
	struct gv_backend_version version;
	struct gv_secret value = GV_SECRET_INIT;
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_backend_path(&path, b, argv[1], argv[2]);

	if (r == 0 && strcmp(argv[0], "store") == 0) {
		r = read_stdin(&value);
		if (r == 0)
			r = gv_backend_store(
			    b, &version, path.p, value.p, value.len);
		if (r == 0)
			printf("%s\n", version.text);
	} else if (r == 0 && strcmp(argv[0], "fetch") == 0) {
		r = gv_backend_fetch(
		    b, &value, path.p, argc > 3 ? argv[3] : NULL);
		if (r == 0)
			fwrite(value.p, 1, value.len, stdout);
	} else if (r == 0) {
		r = gv_backend_delete(b, path.p);
	}
	gv_secret_release(&value);
	gv_buf_release(&path);
	return r;
}

static int
run(struct gv_backend *b, int argc, char **argv)
{
	struct gv_secret value = GV_SECRET_INIT;
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (strcmp(argv[0], "health") == 0) {
		r = gv_backend_health(b, &text);
	} else if (strcmp(argv[0], "wrap") == 0) {
		r = read_stdin(&value);
		if (r == 0)
			r = gv_backend_wrap(b, &text, value.p, value.len);
	} else if (strcmp(argv[0], "unwrap") == 0 && argc > 1) {
		r = gv_backend_unwrap(b, &value, argv[1]);
		if (r == 0)
			fwrite(value.p, 1, value.len, stdout);
	} else if (strcmp(argv[0], "list") == 0 && argc > 1) {
		gv_buf_addf(&text, "git-vault/%s", argv[1]);
		r = gv_backend_list(b, text.p, show, NULL);
		gv_buf_reset(&text);
	} else if (argc > 2) {
		r = run_value(b, argc, argv);
	} else {
		r = gv_err(GV_EUSAGE, "see the source");
	}
	if (r == 0 && text.len)
		printf("%s\n", text.p);
	gv_secret_release(&value);
	gv_buf_release(&text);
	return r;
}

/* ---- the safe ----------------------------------------------------------- */

struct work {
	struct gv_repo *repo;
	struct gv_odb *odb;
	struct gv_safe *safe;
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
	struct gv_secret value;
};

static int
publish(struct work *w)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_pack_result result;
	int r = gv_safe_publish(w->safe, w->lane, &tx);

	gv_pack_lane_close(w->lane);
	w->lane = NULL;
	if (r == 0)
		r = gv_pack_finish(w->pack, &result);
	if (r == 0 && tx.lines.len)
		r = gv_ref_commit(&tx, w->repo);
	gv_ref_tx_release(&tx);
	gv_pack_unkeep(w->pack);
	return r;
}

static int
put(struct work *w, const char *scope)
{
	const struct gv_pack_opts opts = { .objects_dir = w->repo->objects_dir,
		.odb = w->odb };
	char hex[2 * GV_DIGEST_BYTES + 1], name[GV_OID_HEX + 1];
	struct gv_safe_writer *writer = NULL;
	struct gv_digest id;
	struct gv_oid object;
	int r = gv_safe_prepare(w->safe);

	if (r == 0)
		r = read_stdin(&w->value);
	if (r == 0)
		r = gv_pack_open(&w->pack, &opts);
	if (r == 0)
		r = gv_pack_lane_open(&w->lane, w->pack);
	if (r == 0)
		r = gv_safe_writer_new(&writer, w->safe, w->lane);
	if (r == 0)
		r = gv_safe_put(writer, &id, scope, w->value.p, w->value.len);
	gv_safe_writer_free(writer);
	if (r == 0)
		r = gv_safe_find(&object, w->safe, scope, &id);
	if (r == 0)
		r = publish(w);
	gv_pack_lane_close(w->lane);
	gv_pack_free(w->pack);
	if (r < 0)
		return r;
	if (gv_safe_news(w->safe)->unreached)
		fprintf(stderr, "%s\n", gv_safe_news(w->safe)->unreached);
	gv_enc_hex(hex, id.bytes, GV_DIGEST_BYTES);
	gv_oid_format(name, &object);
	printf("%s %s\n", hex, name);
	return 0;
}

static int
get(struct work *w, const char *scope, const char *id, const char *object)
{
	struct gv_safe_place place = { .scope = scope };
	struct gv_safe_reader *reader = NULL;
	int r = gv_enc_unhex(place.id.bytes, id, GV_DIGEST_BYTES);

	if (r == 0 && object)
		r = gv_oid_parse(&place.object, object);
	if (r == 0)
		r = gv_safe_reader_new(&reader, w->safe);
	if (r == 0)
		r = gv_safe_get(reader, &w->value, &place);
	if (r == 0)
		fwrite(w->value.p, 1, w->value.len, stdout);
	gv_safe_reader_free(reader);
	return r;
}

static int
run_safe(int argc, char **argv)
{
	const struct gv_safe_opts opts = { .now = gv_clock_now().tv_sec,
		.made = gv_audit_tell_made };
	struct work w = { .value = GV_SECRET_INIT };
	int r = gv_repo_open(&w.repo, 0);

	if (r == 0)
		r = gv_repo_odb(w.repo, &w.odb);
	if (r == 0)
		r = gv_safe_open(&w.safe, w.repo, &opts);
	if (r == 0 && strcmp(argv[1], "put") == 0)
		r = put(&w, argv[2]);
	else if (r == 0)
		r = get(&w, argv[2], argv[3], argc > 4 ? argv[4] : NULL);
	if (r < 0)
		fprintf(stderr, "%s\n", gv_err_message());
	gv_secret_release(&w.value);
	gv_safe_close(w.safe);
	gv_repo_close(w.repo);
	return -r;
}

/* ---- wrapped files ------------------------------------------------------ */

static int
lock(const struct gv_policy_vault *vault)
{
	struct gv_secret file = GV_SECRET_INIT;
	struct gv_buf text = GV_BUF_INIT;
	int r = read_stdin(&file);

	if (r == 0)
		r = gv_backend_wrapped_make(&text, vault, file.p, file.len);
	if (r == 0)
		printf("%s", text.p);
	gv_secret_release(&file);
	gv_buf_release(&text);
	return r;
}

static int
unlock(const char *path)
{
	struct gv_secret file = GV_SECRET_INIT;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_file_read(&text, AT_FDCWD, path, MOST);

	if (r == 0)
		r = gv_backend_wrapped_open(&file, text.p, text.len);
	if (r == 0)
		fwrite(file.p, 1, file.len, stdout);
	else
		fprintf(stderr, "%s\n", gv_err_message());
	gv_secret_release(&file);
	gv_buf_release(&text);
	return -r;
}

int
main(int argc, char **argv)
{
	struct gv_policy policy = GV_POLICY_INIT;
	const struct gv_policy_vault *vault = NULL;
	struct gv_backend *b = NULL;
	struct gv_buf text = GV_BUF_INIT;
	int r = argc > 3 ? 0 : gv_err(GV_EUSAGE, "see the source");

	if ((argc == 3 && strcmp(argv[1], "put") == 0) ||
	    (argc > 3 && strcmp(argv[1], "get") == 0))
		return run_safe(argc, argv);
	if (argc == 3 && strcmp(argv[1], "unlock") == 0)
		return unlock(argv[2]);

	if (r == 0)
		r = gv_secret_ready();
	if (r == 0)
		r = gv_file_read(&text, AT_FDCWD, argv[1], MOST);
	if (r == 0)
		r = gv_policy_parse(&policy, argv[1], text.p, text.len);
	if (r == 0) {
		vault = gv_policy_vault(&policy, argv[2]);
		if (vault == NULL)
			r = gv_err(GV_ENOTFOUND, "no vault %s", argv[2]);
	}
	if (r == 0 && strcmp(argv[3], "lock") == 0) {
		r = lock(vault);
	} else if (r == 0) {
		r = gv_backend_open(&b, vault);
		if (r == 0)
			r = run(b, argc - 3, argv + 3);
	}
	if (r < 0)
		fprintf(stderr, "%s\n", gv_err_message());
	gv_backend_close(b);
	gv_policy_release(&policy);
	gv_buf_release(&text);
	return -r;
}
