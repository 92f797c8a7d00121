// A step of a shared library of Jenkins, for the end of a deployment:
//
//	@Library('git-vault') _
//	pipeline {
//	  agent any
//	  stages {
//	    stage('deploy') {
//	      steps {
//	        sh './deploy'
//	        gitVault environment: 'production',
//	            states: ['network=terraform.tfstate'],
//	            credentialsId: 'repository', identityId: 'git-vault'
//	      }
//	    }
//	  }
//	}
//
// The library is a repository with this vars/ and, as
// resources/git-vault-ci.sh, the script of the folder above; git-vault has to be
// on the agent. credentialsId names a user and password that may push, identityId
// a secret text, the identity to sign by; without them those of the agent are
// used. It gives back the number of the record.

def call(Map args) {
    if (!args.environment) {
        error 'gitVault: environment: says where it was deployed to'
    }
    def secrets = []
    if (args.credentialsId) {
        secrets << usernamePassword(credentialsId: args.credentialsId,
            usernameVariable: 'GIT_VAULT_CI_USER',
            passwordVariable: 'GIT_VAULT_CI_TOKEN')
    }
    if (args.identityId) {
        secrets << string(credentialsId: args.identityId,
            variable: 'GIT_VAULT_CI_IDENTITY')
    }
    def settings = [
        "GIT_VAULT_CI_ENV=${args.environment}",
        "GIT_VAULT_CI_STATES=${lines(args.states)}",
        "GIT_VAULT_CI_ARTIFACTS=${lines(args.artifacts)}",
        "GIT_VAULT_CI_EVIDENCE=${lines(args.evidence)}",
        "GIT_VAULT_CI_VERIFY=${args.verify ? 'true' : 'false'}",
        "GIT_VAULT_CI_EXPORT=${args.export ?: ''}",
        "GIT_VAULT_CI_REFS=${lines(args.refs)}",
        "GIT_VAULT_CI_KEYRING=${args.keyring ?: ''}",
        "GIT_VAULT_CI_POLICY=${args.policy ?: ''}",
    ]
    def script = libraryResource 'git-vault-ci.sh'
    withCredentials(secrets) {
        withEnv(settings) {
            return sh(script: script, returnStdout: true,
                label: 'git vault good mark').trim()
        }
    }
}

private String lines(items) {
    return (items ?: []).join('\n')
}
