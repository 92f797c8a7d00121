#ifndef GV_NAME_H
#define GV_NAME_H
/*
 * What the name of a setting promises of its value: `db_password` holds a
 * secret, `password_policy`, `secretName` and `tokenUrl` do not, `key` alone
 * says nothing.
 *
 *	if (gv_name_judge("DB_PASSWORD_PROD", 16) == GV_NAME_PASSWORD) …
 */

#include <stdbool.h>
#include <stddef.h>

enum gv_name {
	GV_NAME_PLAIN,      /* promises nothing */
	GV_NAME_WEAK,       /* a secret may be meant: key, auth, pin, salt */
	GV_NAME_OF_KEY,     /* geotiles_key: of a service, maybe */
	GV_NAME_KEY,        /* api_key, encryption-key: long and random */
	GV_NAME_TOKEN,      /* token, secret, bearer: long and random mostly */
	GV_NAME_PASSWORD,   /* chosen by a person, maybe short */
	GV_NAME_PASSPHRASE, /* of words, maybe with blanks between */
};

#define GV_NAME_MAX 200 /* bytes; a longer name promises nothing */

/* Judge the last part of a name: of "spring.datasource.password" all counts,
 * the words before mostly as what qualifies it. Words end at '_', '-', '.',
 * '/', blanks and where small letters turn to capitals. */
enum gv_name gv_name_judge(const char *name, size_t len);

/* Whether the words of `wanted`, joined in any of the usual ways, stand in the
 * name one after the other: "dd_api_key" in "DD-API-KEY" and "myDdApiKey". */
bool gv_name_has(const char *name, size_t len, const char *wanted);

#endif
