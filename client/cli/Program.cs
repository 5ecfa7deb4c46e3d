using RecoveryVault.Cli;

return await CommandLine.RunAsync(args, endsProcess: true);
