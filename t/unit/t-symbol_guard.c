/* lib/symbol/symbol_guard: guards and placeholders. */
#include "unit.h"

#include "symbol_told.h"

static void
guards_have_a_path_and_a_word(void **state)
{
	(void)state;
	assert_symbols("main.tf",
	    "resource \"aws_db_instance\" \"d\" {\n"
	    "  deletion_protection     = true\n"
	    "  skip_final_snapshot     = var.skip\n"
	    "  backup_retention_period = 7\n"
	    "  multi_az                = \"false\"\n"
	    "  lifecycle { prevent_destroy = false }\n"
	    "}\n"
	    "resource \"aws_s3_bucket\" \"b\" {\n"
	    "  versioning { enabled = true }\n"
	    "}\n",
	    "1 tf.resource aws_db_instance.d\n"
	    "3 aws_db_instance.d> tf.ref tf.variable:skip\n"
	    "8 tf.resource aws_s3_bucket.b\n"
	    "2 =guard resource.aws_db_instance.d.deletion_protection=true\n"
	    "4 =guard resource.aws_db_instance.d.backup_retention_perio"
	    "d=7\n"
	    "5 =guard resource.aws_db_instance.d.multi_az=false\n"
	    "6 =guard resource.aws_db_instance.d.lifecycle.prevent_dest"
	    "roy=false\n"
	    "9 =guard resource.aws_s3_bucket.b.versioning.enabled=true\n");
	assert_symbols("stack.json",
	    "{\"Resources\": {\"D\": {\"Type\": "
	    "\"AWS::RDS::DBInstance\", \"DeletionPolicy\": \"Snapshot\",\n"
	    "\"Properties\": {\"StorageEncrypted\": true, \"MultiAZ\": "
	    "{\"Ref\": \"M\"}}}}}\n",
	    "1 cfn.resource D=AWS::RDS::DBInstance\n"
	    "2 D> cfn.ref cfn.resource:M\n"
	    "1 =guard Resources.D.DeletionPolicy=Snapshot\n"
	    "2 =guard Resources.D.Properties.StorageEncrypted=true\n");
	assert_symbols("values.yaml",
	    "persistence:\n"
	    "  deletionProtection: \"secret text\"\n"
	    "  reclaimPolicy: Retain\n",
	    "2 helm.value persistence.deletionProtection\n"
	    "3 helm.value persistence.reclaimPolicy\n"
	    "3 =guard persistence.reclaimPolicy=Retain\n");
}

static void
placeholders_are_whole_values_or_hosts(void **state)
{
	(void)state;
	assert_symbols("values.yaml",
	    "a: changeme\n"
	    "b: \"CHANGE_ME\"\n"
	    "c: please changeme now\n"
	    "d: https://api.example.com/x\n"
	    "e: myexample.com\n"
	    "f: http://localhost:80\n"
	    "g: localhost\n"
	    "h: x.example.company\n",
	    "1 helm.value a\n"
	    "2 helm.value b\n"
	    "3 helm.value c\n"
	    "4 helm.value d\n"
	    "5 helm.value e\n"
	    "6 helm.value f\n"
	    "7 helm.value g\n"
	    "8 helm.value h\n"
	    "1 =placeholder a=changeme\n"
	    "2 =placeholder b=change_me\n"
	    "4 =placeholder d=example.com\n"
	    "6 =placeholder f=localhost\n");
	assert_symbols("prod.env",
	    "PASS=changeme\n"
	    "HOST=db.example.org\n",
	    "1 env.var PASS\n"
	    "2 env.var HOST\n"
	    "1 =placeholder PASS=changeme\n"
	    "2 =placeholder HOST=example.org\n");
}

static void
other_values_are_not_told(void **state)
{
	(void)state;
	assert_symbols("x.tfvars",
	    "password = \"changeme-not-this-one\"\n"
	    "protected = \"yes\"\n",
	    "1 =tf.assignment password\n"
	    "1 tf.var_file tf.variable:password\n"
	    "2 =tf.assignment protected\n"
	    "2 tf.var_file tf.variable:protected\n");
}

UNIT(symbol_guard)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guards_have_a_path_and_a_word),
		cmocka_unit_test(placeholders_are_whole_values_or_hosts),
		cmocka_unit_test(other_values_are_not_told),
	};

	return UNIT_RUN(tests);
}
