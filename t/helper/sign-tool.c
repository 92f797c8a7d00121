/*
 * Signatures through lib/crypto, for what tests exchange with ssh-keygen.
 *
 *	sign-tool sign KEY SPACE <data >signature
 *	sign-tool check SIGNATURE SPACE <data	prints whose it is
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "crypto/ssh.h"

static void
must(int r)
{
	if (r < 0) {
		fprintf(stderr, "sign-tool: %s\n", gv_err_message());
		exit(1);
	}
}

static void
read_all(struct gv_buf *out, FILE *from)
{
	char piece[4096];
	size_t n;

	while (from && (n = fread(piece, 1, sizeof(piece), from)) > 0)
		gv_buf_add(out, piece, n);
	must(gv_buf_check(out));
}

int
main(int argc, char **argv)
{
	struct gv_buf text = GV_BUF_INIT, data = GV_BUF_INIT;
	struct gv_buf out = GV_BUF_INIT;
	struct gv_secret key = GV_SECRET_INIT;
	struct gv_sign sign;
	FILE *f;

	if (argc != 4)
		return 129;
	f = fopen(argv[2], "rb");
	read_all(&text, f);
	read_all(&data, stdin);
	if (strcmp(argv[1], "sign") == 0) {
		must(gv_ssh_private(&key, text.p, text.len));
		must(gv_sign_make(&sign, &key, argv[3], data.p, data.len));
		must(gv_sign_format(&out, &sign, argv[3]));
	} else {
		must(gv_sign_parse(&sign, argv[3], text.p, text.len));
		must(gv_sign_check(&sign, argv[3], data.p, data.len));
		must(gv_ssh_add_public(&out, sign.key));
		gv_buf_addch(&out, '\n');
	}
	fwrite(out.p, 1, out.len, stdout);
	if (f)
		fclose(f);
	gv_secret_release(&key);
	gv_buf_release(&text);
	gv_buf_release(&data);
	gv_buf_release(&out);
	return 0;
}
