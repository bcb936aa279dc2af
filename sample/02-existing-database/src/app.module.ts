import { Module, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { SequelizeModule } from '@nestjs/sequelize';
import { SessionEntity, SessionsModule } from 'nestjs-server-sessions';
import { databaseUrl } from './database.js';
import { User } from './user.model.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

@Module({
  imports: [
    SequelizeModule.forRootAsync({
      useFactory: () => ({
        uri: databaseUrl(),
        logging: false,
        models: [User, SessionEntity],
        synchronize: false,
      }),
    }),
    SequelizeModule.forFeature([User]),
    SessionsModule.forRoot({ connection: 'default', synchronize: false }),
  ],
  controllers: [UsersController],
  providers: [
    UsersService,
    {
      provide: APP_PIPE,
      useFactory: () => new ValidationPipe({ whitelist: true, stopAtFirstError: true }),
    },
  ],
})
export class AppModule {}
